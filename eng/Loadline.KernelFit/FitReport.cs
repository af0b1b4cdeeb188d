using System.Globalization;
using System.Text;

namespace Loadline.KernelFit;

/// <summary>Writes the errors of the fits between two marks of a document.</summary>
internal static class FitReport
{
    private const string Begin = "<!-- begin: written by eng/Loadline.KernelFit -->\n";
    private const string End = "<!-- end: written by eng/Loadline.KernelFit -->";

    public static void Write(KernelFits fits, string path)
    {
        var text = File.ReadAllText(path);
        var from = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var to = text.IndexOf(End, StringComparison.Ordinal);
        if (from < Begin.Length || to < from)
            throw new FormatException($"{path}: the marks {Begin.Trim()} and {End} are missing");
        File.WriteAllText(path, text[..from] + Body(fits) + text[to..]);
    }

    private static string Body(KernelFits fits)
    {
        var body = new StringBuilder();
        body.Append(
            "| Operator | Format | Groups | Fit, median | Fit, p90 | Shapes left out | Accelerator left out |\n"
        );
        body.Append("|---|---|--:|--:|--:|--:|--:|\n");
        Summarize(body, "Matrices", fits.Matrices);
        Summarize(body, "Experts", fits.Experts);
        Summarize(body, "Prefill attention, by cache", fits.Prefill);
        Summarize(body, "Decode attention, by cache", fits.Decode);
        Summarize(body, "Latent decode, by cache", fits.LatentDecode);
        Summarize(body, "Linear attention, decode", fits.RecurrentDecode);
        Summarize(body, "Linear attention, prefill", fits.RecurrentPrefill);
        Summarize(body, "All-reduce", fits.AllReduces);
        Summarize(body, "Expert dispatch", fits.Dispatches);
        Summarize(body, "Expert combine", fits.Combines);
        body.Append("\nBy accelerator and engine, median error of the fit / with the accelerator left out:\n\n");
        body.Append("| Accelerator | Engine | Matrices | Experts | Prefill | Decode | Latent decode |\n");
        body.Append("|---|---|--:|--:|--:|--:|--:|\n");
        foreach (var device in fits.Devices)
        {
            foreach (var (engine, id) in KernelLadder.Engines)
            {
                if (fits.Matrices.Results.Keys.All(group => (group.System, group.Engine) != (device.System, engine)))
                    continue;
                body.Append(CultureInfo.InvariantCulture, $"| {device.Accelerator.Id} | {id} ");
                Cell(body, fits.Matrices, device.System, engine);
                Cell(body, fits.Experts, device.System, engine);
                Cell(body, fits.Prefill, device.System, engine);
                Cell(body, fits.Decode, device.System, engine);
                Cell(body, fits.LatentDecode, device.System, engine);
                body.Append("|\n");
            }
        }
        body.Append("\nRows left out, by rules on how they were measured:\n\n| Rule | Rows |\n|---|--:|\n");
        foreach (var (rule, count) in fits.Exclusions.Counts)
            body.Append(CultureInfo.InvariantCulture, $"| {rule} | {count} |\n");
        return body.ToString();
    }

    private static void Summarize<TConstants>(StringBuilder body, string name, IOperatorFit<TConstants> fit)
    {
        foreach (var format in fit.Results.Values.GroupBy(fitted => fitted.Group.Format))
        {
            var groups = format.ToList();
            var leftOut = groups.Select(fitted => fit.DeviceLeftOut(fitted.Group)?.Median).OfType<double>().ToList();
            body.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {format.Key} | {groups.Count} | {Percent(groups.Select(one => one.InSample.Median))} | {Percent(groups.Select(one => one.InSample.P90))} | {Percent(groups.Select(one => one.ShapesLeftOut.Median))} | {Percent(leftOut)} |\n"
            );
        }
    }

    private static void Cell<TConstants>(StringBuilder body, IOperatorFit<TConstants> fit, string system, string engine)
    {
        var groups = fit.Results.Values.Where(one => one.Group.System == system && one.Group.Engine == engine).ToList();
        var leftOut = groups.Select(one => fit.DeviceLeftOut(one.Group)?.Median).OfType<double>().ToList();
        body.Append(
            groups.Count == 0 ? "| - " : $"| {Percent(groups.Select(one => one.InSample.Median))} / {Percent(leftOut)} "
        );
    }

    private static string Percent(IEnumerable<double> errors) =>
        errors.ToList() is { Count: > 0 } known
            ? (Quantities.Sample.Quantile(known, 0.5) * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %"
            : "-";
}
