// Prints the path of the browser, which the package unpacks into the folder for temporary files.
import chromium from "@sparticuz/chromium";

console.log(await chromium.executablePath());
