export { type FoundFormat, IMAGE_FORMATS, type ImageFormat, isSameVersion, remarksOn } from "./format.ts";
export { isMcuboot, type McubootImage, readMcuboot } from "./formats/mcuboot.ts";
export {
  type Announced,
  type ImageClaim,
  type ImageInfo,
  Images,
  type ImagesOptions,
  type NamedClaim,
  type NamedImage,
  type RemovedImage,
} from "./images.ts";
export { shortId } from "./short-id.ts";
