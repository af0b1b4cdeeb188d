using System.Text.Json.Nodes;
using Loadline.Catalog;

namespace Loadline.KernelFit;

/// <summary>Writes the catalog's kernel constants.</summary>
internal sealed class KernelCatalog(KernelFits fits, OlderFits older)
{
    /// <summary>Day of the tables' commit.</summary>
    private const string Retrieved = "2026-08-21";

    public void Write(string folder)
    {
        foreach (var device in fits.Devices)
        {
            var ladder = new KernelLadder(fits, device);
            var entries = KernelLadder
                .Engines.Where(engine => ladder.Has(engine.Folder))
                .ToDictionary(engine => engine.Folder, engine => ladder.Entry(engine.Folder, engine.Id));
            WriteDevice(folder, device.Accelerator, Retrieved, entries.Values);
            foreach (var chip in OlderFits.Chips.Where(chip => chip.Sibling == device.System))
                WriteDevice(
                    folder,
                    fits.Catalog.Accelerators.Find(chip.Accelerator),
                    OlderFits.Retrieved,
                    entries.Values.Select(entry => older.Carry(chip, entry))
                );
        }
        WriteMedians(Path.Combine(folder, "datasheet-only.json"));
    }

    private static void WriteDevice(
        string folder,
        Accelerator accelerator,
        string retrieved,
        IEnumerable<JsonObject> entries
    )
    {
        var document = new JsonObject
        {
            ["$schema"] = "../schemas/kernels.schema.json",
            ["accelerator"] = accelerator.Id,
            ["retrieved"] = retrieved,
            ["kernels"] = new JsonArray([.. entries]),
        };
        File.WriteAllText(Path.Combine(folder, accelerator.Id + ".json"), KernelJson.Format(document) + "\n");
    }

    /// <summary>Replaces what was measured in the first entry of the file; the others are fitted to whole runs.</summary>
    private void WriteMedians(string path)
    {
        var text = File.ReadAllText(path);
        var from = text.IndexOf('{', text.IndexOf("\"kernels\"", StringComparison.Ordinal));
        var to = EndOf(text, from);
        var entry = JsonNode.Parse(text[from..to])!.AsObject();
        var matrices = entry["matrices"]!.AsObject();
        var experts = entry["experts"]!.AsObject();
        foreach (
            var (format, measured) in new[]
            {
                ("fp32", "bf16"),
                ("tf32", "bf16"),
                ("fp16", "bf16"),
                ("bf16", "bf16"),
                ("fp8", "fp8"),
                ("fp8-block", "fp8-block"),
                ("w8a8", "fp8"),
                ("nvfp4", "nvfp4"),
            }
        )
        {
            matrices[format] = Median(fits.Matrices, measured);
            experts[format] = Median(fits.Experts, measured);
        }
        foreach (var format in new[] { "int8", "int4", "nf4", "mxfp4", "GGUF" })
            experts[format] = Median(fits.Experts, "int4");
        entry["attention"] = KernelJson.Of(
            fits.Prefill.Constants(fits.Prefill.MedianValues("bf16")!),
            fits.Decode.Constants(fits.Decode.MedianValues("bf16")!),
            null
        );
        entry["latentDecode"] = KernelJson.Of(fits.LatentDecode.Constants(fits.LatentDecode.MedianValues("bf16")!));
        entry["recurrentState"] = KernelJson.Of(
            fits.RecurrentDecode.Constants(fits.RecurrentDecode.MedianValues("fp32")!),
            null
        );
        entry["source"] =
            "medians over the seven accelerators fitted from ai-dynamo/aiconfigurator 095f58a5 (Apache-2.0) operator tables by eng/Loadline.KernelFit";
        entry["notes"] =
            "assumed for hardware without measurements: medians over accelerators of the medians over engines; fp32, tf32 and fp16 take the shares of bf16, w8a8 those of fp8; matrices of int8, int4, nf4, mxfp4 and GGUF: only the A100 has tables of weight-only kernels, so 0.7, 0.85 and 6 us between those and published int4 kernels are an assumption; their experts are the medians of int4; the interval factor is an assumption";
        File.WriteAllText(path, text[..from] + KernelJson.Format(entry, 4) + text[to..]);
    }

    private static JsonObject Median(IOperatorFit<MatrixConstants> fit, string format) =>
        KernelJson.Of(fit.Constants(fit.MedianValues(format)!), null);

    private static int EndOf(string text, int from)
    {
        var depth = 0;
        for (var i = from; i < text.Length; i++)
        {
            depth +=
                text[i] == '{' ? 1
                : text[i] == '}' ? -1
                : 0;
            if (depth == 0)
                return i + 1;
        }
        throw new FormatException("datasheet-only.json: an object is not closed");
    }
}
