using System.Text.Json;
using Loadline.Catalog;
using static Loadline.Accuracy.Markdown;

namespace Loadline.Accuracy;

/// <summary>The constants of the catalog that were fitted to whole runs, and how wide they are by what they had not seen.</summary>
internal static class ConstantsSection
{
    public static Markdown Write(Markdown page, CatalogReader catalog)
    {
        page.Table(
            "Accelerator|Engine|>Models|>Runs|>90 % interval|Source|Notes",
            catalog.EndToEnd.All.Select(fit =>
                (IEnumerable<string>)
                    [
                        fit.Accelerator,
                        fit.Engine,
                        Count(fit.Models),
                        Count(fit.Runs),
                        Factor(fit.IntervalFactor),
                        fit.Source,
                        fit.Notes ?? "",
                    ]
            )
        );
        return catalog.Intervals.All.Any()
            ? page.Paragraph(
                    "Intervals by quantity and engine, dense models and those with experts together; the catalog also has them apart, "
                        + "and a group of few deployments or of one model gives way to the next wider one:"
                )
                .Table(
                    "Quantity|Engine|Conditions|>90 % interval|>Deployments|>Models",
                    catalog
                        .Intervals.All.Where(fit => fit.Experts is null)
                        .Select(fit =>
                            (IEnumerable<string>)
                                [
                                    JsonNamingPolicy.CamelCase.ConvertName($"{fit.Quantity}"),
                                    fit.Engine ?? "all",
                                    fit.Stated ? "all stated" : "some open",
                                    Factor(fit.Factor),
                                    Count(fit.Deployments),
                                    Count(fit.Models),
                                ]
                        )
                )
            : page.Paragraph("No intervals by quantity, engine and kind of model are entered.");
    }
}
