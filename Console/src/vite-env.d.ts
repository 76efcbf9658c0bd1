// The imports that are not scripts. vite/client declares them as well, with much that nothing here uses.
declare module "*.svg?no-inline" {
  const url: string;
  export default url;
}
declare module "*.css";
