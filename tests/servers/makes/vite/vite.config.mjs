// Answers for any name; without it Vite knows localhost alone.
export default { server: { allowedHosts: true }, cacheDir: "cache" };
