/** Images by the URI that their author gave them: exactly those that were named, and served once they are here. */
import type { AuthorLane } from "../../coap/index.ts";
import type { Images } from "../../service/images/index.ts";

export const authorLane = (images: Images): AuthorLane => ({
  find: (uri) => {
    const named = images.byUri(uri);
    if (named === undefined) return undefined;
    const image = images.stored(named.digest);
    return image === undefined ? "fetching" : { id: image.id };
  },
});
