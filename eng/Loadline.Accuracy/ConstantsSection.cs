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
            ? page.Paragraph("Intervals by quantity, engine and kind of model:")
                .Table(
                    "Quantity|Engine|Models|>90 % interval|>Deployments|>Families",
                    catalog.Intervals.All.Select(fit =>
                        (IEnumerable<string>)
                            [
                                $"{fit.Quantity}",
                                fit.Engine ?? "all",
                                fit.Experts switch
                                {
                                    true => "with experts",
                                    false => "dense",
                                    null => "all",
                                },
                                Factor(fit.Factor),
                                Count(fit.Deployments),
                                Count(fit.Families),
                            ]
                    )
                )
            : page.Paragraph("No intervals by quantity, engine and kind of model are entered.");
    }
}
