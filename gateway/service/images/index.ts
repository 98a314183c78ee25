export { type ImageClaim, type ImageInfo, Images, type ImagesOptions } from "./images.ts";
export { shortId } from "./short-id.ts";
