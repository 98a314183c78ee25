export {
  type ImageClaim,
  type ImageInfo,
  Images,
  type ImagesOptions,
  type NamedClaim,
  type NamedImage,
} from "./images.ts";
export { shortId } from "./short-id.ts";
