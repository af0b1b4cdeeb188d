using Loadline.Catalog;
using Loadline.KernelFit;

// Loadline.KernelFit TABLES OLDER.csv CATALOG/kernels DOCUMENT: fits the tables, writes the constants of every device
// and the class medians into the catalog, and the errors into the document.
if (args is not [var tables, var older, var folder, var document])
{
    Console.Error.WriteLine("usage: Loadline.KernelFit TABLES OLDER.csv CATALOG/kernels DOCUMENT");
    return 2;
}
var fits = new KernelFits(new CatalogReader());
await fits.ReadAsync(tables);
new KernelCatalog(fits, OlderFits.Read(older)).Write(folder);
FitReport.Write(fits, document);
return 0;
