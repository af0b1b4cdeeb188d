using Loadline.Catalog;

namespace Loadline.KernelFit;

/// <summary>The fits of all operators over all tables.</summary>
internal sealed class KernelFits(CatalogReader catalog)
{
    /// <summary>Folder names of the tables and what the catalog calls the hardware.</summary>
    private static readonly (string System, string Accelerator)[] Systems =
    [
        ("a100_sxm", "nvidia-a100-sxm-80gb"),
        ("b200_sxm", "nvidia-b200-sxm-180gb"),
        ("b60", "intel-arc-pro-b60-24gb"),
        ("gb200", "nvidia-gb200-186gb"),
        ("h100_sxm", "nvidia-h100-sxm-80gb"),
        ("h200_sxm", "nvidia-h200-sxm-141gb"),
        ("rtx_pro_6000_server", "nvidia-rtx-pro-6000-blackwell-server"),
    ];

    private readonly Dictionary<string, Device> devices = Systems.ToDictionary(
        pair => pair.System,
        pair => new Device(pair.System, catalog.Accelerators.Find(pair.Accelerator)),
        StringComparer.Ordinal
    );

    public CatalogReader Catalog => catalog;

    public IEnumerable<Device> Devices => Systems.Select(pair => devices[pair.System]);

    public Exclusions Exclusions { get; } = new();

    public OperatorFit<MatrixKernel, MatrixConstants> Matrices { get; } = MatrixKernels.NewFit();

    public OperatorFit<ExpertKernel, MatrixConstants> Experts { get; } = ExpertKernels.NewFit();

    public OperatorFit<AttentionKernel, AttentionConstants> Prefill { get; } = AttentionKernels.NewPrefillFit();

    public OperatorFit<AttentionKernel, AttentionConstants> Decode { get; } = AttentionKernels.NewDecodeFit();

    public OperatorFit<AttentionKernel, LatentDecodeConstants> LatentDecode { get; } =
        AttentionKernels.NewLatentDecodeFit();

    public OperatorFit<RecurrenceKernel, RecurrentConstants> RecurrentDecode { get; } =
        RecurrenceKernels.NewDecodeFit();

    public OperatorFit<RecurrenceKernel, RecurrentConstants> RecurrentPrefill { get; } =
        RecurrenceKernels.NewPrefillFit();

    public OperatorFit<CollectiveKernel, AllReduceConstants> AllReduces { get; } = CollectiveKernels.NewAllReduceFit();

    public OperatorFit<CollectiveKernel, double[]> Dispatches { get; } = CollectiveKernels.NewExchangeFit();

    public OperatorFit<CollectiveKernel, double[]> Combines { get; } = CollectiveKernels.NewExchangeFit();

    public async Task ReadAsync(string root)
    {
        var models = new ModelShapes(catalog);
        foreach (var table in await KernelTable.ReadAllAsync(root, "gemm", "gemm_perf"))
        {
            foreach (var group in MatrixKernels.Of(table, models, Exclusions))
                Matrices.Add(Group(table, group.Key.Catalog), devices[table.System], group);
        }
        foreach (var table in await KernelTable.ReadAllAsync(root, "moe", "moe_perf"))
        {
            foreach (var group in ExpertKernels.Of(table, Exclusions))
                Experts.Add(Group(table, group.Key.Catalog), devices[table.System], group);
        }
        foreach (var table in await KernelTable.ReadAllAsync(root, "attention", "context_attention_perf"))
        {
            foreach (var group in AttentionKernels.Prefill(table, models))
                Prefill.Add(Group(table, group.Key), devices[table.System], group);
        }
        foreach (var table in await KernelTable.ReadAllAsync(root, "attention", "generation_attention_perf"))
        {
            foreach (var group in AttentionKernels.Decode(table, devices[table.System], models, Exclusions))
                Decode.Add(Group(table, group.Key), devices[table.System], group);
        }
        foreach (var table in await KernelTable.ReadAllAsync(root, "mla", "generation_mla_perf"))
        {
            if (Exclusions.Latent(table))
                continue;
            foreach (var group in AttentionKernels.Decode(table, devices[table.System], models, Exclusions))
            {
                if (!Exclusions.Latent(Group(table, group.Key)))
                    LatentDecode.Add(Group(table, group.Key), devices[table.System], group);
            }
        }
        await ReadRecurrencesAsync(root);
        await ReadCollectivesAsync(root);
    }

    private async Task ReadRecurrencesAsync(string root)
    {
        var tables = (await KernelTable.ReadAllAsync(root, "linear_attention", "gdn_perf"))
            .Concat(
                (await KernelTable.ReadAllAsync(root, "kda", "kda_perf")).Where(table =>
                    !Exclusions.Recurrence(table, "kda_perf")
                )
            )
            .GroupBy(table => (table.System, table.Engine));
        foreach (var tablesOfOne in tables)
        {
            var group = new KernelGroup(tablesOfOne.Key.System, tablesOfOne.Key.Engine, "fp32");
            var device = devices[group.System];
            RecurrentDecode.Add(
                group,
                device,
                tablesOfOne.SelectMany(table => RecurrenceKernels.Of(table, device, Exclusions, true))
            );
            RecurrentPrefill.Add(
                group,
                device,
                tablesOfOne.SelectMany(table => RecurrenceKernels.Of(table, device, Exclusions, false))
            );
        }
    }

    private async Task ReadCollectivesAsync(string root)
    {
        var nccl = (await KernelTable.ReadAllAsync(root, "comm", "nccl_perf")).ToDictionary(table => table.System);
        foreach (var table in await KernelTable.ReadAllAsync(root, "comm", "custom_allreduce_perf"))
        {
            var library = nccl.GetValueOrDefault(table.System);
            foreach (var (count, kernels) in CollectiveKernels.AllReduces(table, library, Exclusions))
                AllReduces.Add(Group(table, $"{count} devices"), devices[table.System], kernels);
        }
        var normals = await KernelTable.ReadAllAsync(root, "comm", "wideep_deepep_normal_perf");
        foreach (var table in await KernelTable.ReadAllAsync(root, "comm", "wideep_deepep_ll_perf"))
        {
            var normal = normals.Single(other => other.System == table.System);
            var group = new KernelGroup(table.System, "", "");
            Dispatches.Add(group, devices[table.System], CollectiveKernels.Exchanges(table, normal, true));
            Combines.Add(group, devices[table.System], CollectiveKernels.Exchanges(table, normal, false));
        }
    }

    private static KernelGroup Group(KernelTable table, string format) => new(table.System, table.Engine, format);
}
