using System.Globalization;
using System.Text;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What has to be ordered, as a list to send to who orders it.</summary>
internal static class ShoppingList
{
    /// <summary>
    /// Heat that cooling has to carry off, in BTU per hour for each watt of power drawn: all of it becomes heat.
    /// </summary>
    /// <remarks>NIST SP 811, appendix B: 1 Btu(IT)/h = 0.2930711 W.</remarks>
    private const double BtuPerHourOfWatt = 3.412142;

    public static IEnumerable<ExportFile> Write(ExportContext context)
    {
        var list = new StringBuilder();
        list.Append(
            CultureInfo.InvariantCulture,
            $"# {TitleOf(context)}: {PlainText.Markdown(context.Setup.Name)}\n\n"
        );
        if (context.Setup.Way == Way.Hybrid)
            list.Append("The plan mixes machines of one's own with others; this list is of one of its parts.\n\n");
        if (context.Rents)
            AddRented(list, context);
        else if (context.Setup.Way == Way.Own)
            AddOwn(list, context);
        else
            AddBought(list, context);
        return [new ExportFile(FileNames.ShoppingList, list.ToString(), IsExecutable: false)];
    }

    private static string TitleOf(ExportContext context) =>
        context.Rents ? "To rent"
        : context.Setup.Way == Way.Own ? "What is there"
        : "To buy";

    private static void AddBought(StringBuilder list, ExportContext context)
    {
        var setup = context.Setup;
        AddTable(list, "Item", "Count", "Note");
        AddRow(
            list,
            "Server",
            Count(setup.Machines),
            $"holds {setup.DevicesPerMachine}x {context.Accelerator.Name}; processors, memory and disk to suit"
        );
        AddRow(
            list,
            context.Accelerator.Name,
            Count((long)setup.Machines * setup.DevicesPerMachine),
            DevicePrice(context)
        );
        AddRow(
            list,
            "Disk",
            Count(setup.Machines),
            $"at least {Gigabytes(2 * setup.WeightBytes.Bytes)} GB on every machine: the weights twice, for updates"
        );
        if (context.Layout.MachinesPerReplica > 1)
            AddRow(
                list,
                "Network between machines",
                Count(setup.Machines),
                $"a replica spans {context.Layout.MachinesPerReplica} machines: RDMA adapters and a switch; their speed is not part of this list"
            );
        else
            AddRow(
                list,
                "Network",
                Count(setup.Machines),
                "10 Gbit/s or more, for loading weights; requests need little"
            );
        AddRow(
            list,
            "Spares",
            Count(setup.SpareReplicas),
            "replicas beyond what the peak needs, counted in the machines above"
        );
        AddRow(
            list,
            "Power",
            Power(setup.PowerKilowatts),
            "at the meter when all of it is busy; feeds and fuses for it"
        );
        AddRow(list, "Cooling", Heat(setup.PowerKilowatts), "all power becomes heat");
        AddRow(list, "Price", Dollars(setup.CapitalUsd), $"once, prices of {setup.PriceAsOf}, 90 % interval");
        AddRow(list, "Running costs", Dollars(setup.CostPerMonthUsd), "per month as the plan counts them");
        AddQuestions(
            list,
            "What is the price today, and until when does the quote hold?",
            "How long is delivery, and what does a failed device cost in the warranty, in days?",
            "Do the machines fit rack, power feed and cooling that are there?"
        );
    }

    private static void AddRented(StringBuilder list, ExportContext context)
    {
        var setup = context.Setup;
        AddTable(list, "Item", "Value", "Note");
        AddRow(list, "Provider", setup.Provider, "");
        AddRow(list, "Region", setup.Region ?? "not stated", "");
        AddRow(
            list,
            "Instance",
            setup.Instance ?? "not stated",
            $"{setup.DevicesPerMachine}x {context.Accelerator.Name}"
        );
        AddRow(
            list,
            "Count",
            Count(setup.Machines),
            $"{context.Layout.Replicas} replicas, {setup.SpareReplicas} of them spare"
        );
        AddRow(list, "Terms", setup.Terms, "");
        AddRow(list, "Price", Dollars(setup.CostPerMonthUsd), $"per month, prices of {setup.PriceAsOf}, 90 % interval");
        AddRow(
            list,
            "Disk",
            $"{Gigabytes(2 * setup.WeightBytes.Bytes)} GB",
            "on every machine: the weights twice, for updates"
        );
        AddQuestions(
            list,
            $"Are {Count(setup.Machines)} of these machines to be had there, now and at the peak? Is a quota to be raised?",
            "What is the price today, with taxes, disks, addresses and outgoing traffic?",
            setup.Terms.Contains("spot", StringComparison.OrdinalIgnoreCase)
                ? "How often are such machines taken back, and with what notice?"
                : "What does it cost to leave early, and what if a machine fails?",
            "Where is data processed and stored, and by whom?",
            context.Layout.MachinesPerReplica > 1
                ? "Which network joins the machines, and are they placed side by side?"
                : "Are the devices of one machine joined as the plan assumes (NVLink or the like)?"
        );
    }

    private static void AddOwn(StringBuilder list, ExportContext context)
    {
        var setup = context.Setup;
        AddTable(list, "Item", "Count", "Note");
        AddRow(
            list,
            "Machine",
            Count(setup.Machines),
            $"{setup.DevicesPerMachine}x {context.Accelerator.Name} in each; nothing has to be bought"
        );
        AddRow(
            list,
            "Disk",
            Count(setup.Machines),
            $"at least {Gigabytes(2 * setup.WeightBytes.Bytes)} GB free on every machine"
        );
        AddRow(list, "Power", Power(setup.PowerKilowatts), "at the meter when all of it is busy");
        AddRow(
            list,
            "Running costs",
            Dollars(setup.CostPerMonthUsd),
            $"per month, prices of {setup.PriceAsOf}, 90 % interval"
        );
        AddQuestions(list, "Are all devices free for this, and are drivers recent enough for the engine's image?");
    }

    private static void AddTable(StringBuilder list, params ReadOnlySpan<string> heads)
    {
        list.Append("| ").AppendJoin(" | ", heads).Append(" |\n|");
        for (var i = 0; i < heads.Length; i++)
            list.Append("---|");
        list.Append('\n');
    }

    private static void AddRow(StringBuilder list, string item, string value, string note) =>
        list.Append("| ").AppendJoin(" | ", new[] { item, value, note }.Select(PlainText.Markdown)).Append(" |\n");

    private static void AddQuestions(StringBuilder list, params ReadOnlySpan<string> questions)
    {
        list.Append("\nTo ask before signing:\n\n");
        foreach (var question in questions)
            list.Append("- [ ] ").Append(question).Append('\n');
    }

    private static string DevicePrice(ExportContext context) =>
        context.Accelerator.Price is { } price
            ? $"about {Significant.Three((double)price.Price.Usd)} USD each ({price.Basis}, {price.AsOf})"
            : "price not known; ask";

    private static string Dollars(Estimate estimate) =>
        $"{Significant.Three(estimate.Value)} USD ({Significant.Three(estimate.Low)} to {Significant.Three(estimate.High)})";

    private static string Power(double? kilowatts) =>
        kilowatts is { } power ? $"{Significant.Three(power)} kW" : "not known";

    private static string Heat(double? kilowatts) =>
        kilowatts is { } power ? $"{Significant.Three(power * 1000 * BtuPerHourOfWatt)} BTU/h" : "not known";

    private static string Gigabytes(double bytes) => PlainText.Number((long)Math.Ceiling(bytes / 1e9));

    private static string Count(long count) => PlainText.Number(count);
}
