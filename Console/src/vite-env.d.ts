// What is imported besides scripts. vite/client would declare it too, with much that nothing here uses.
declare module "*.svg?no-inline" {
  const url: string;
  export default url;
}
declare module "*.css";
