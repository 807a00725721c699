// What the player calls itself in `hello` and when it registers.
export const PLAYER_VERSION = "browser 0.1.0";

/** @returns {{player_version: string, model: string, platform: string}} at most 200 characters each */
export function aboutThisBrowser() {
  const brands = navigator.userAgentData?.brands ?? [];
  const named = brands.filter(({ brand }) => !/not.?a.?brand/i.test(brand));
  const model = named.map(({ brand, version }) => `${brand} ${version}`).join(", ") || navigator.userAgent;
  const platform = navigator.userAgentData?.platform || navigator.platform || "";
  return {
    player_version: PLAYER_VERSION,
    model: model.slice(0, 200),
    platform: `browser, ${platform}`.slice(0, 200),
  };
}
