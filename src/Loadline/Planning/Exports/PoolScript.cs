using System.Text;
using Loadline.Catalog;

namespace Loadline.Planning;

/// <summary>A shell script that starts all replicas of a machine with prefill and decode apart, and the router.</summary>
internal static class PoolScript
{
    public static IEnumerable<ExportFile> Write(ExportContext context)
    {
        if (context is { Setup.Pools: { } pools, Start: { Launch.Pools: { } names } start })
            yield return new ExportFile(FileNames.Pools, TextOf(context, start, names, pools), true);
    }

    private static string TextOf(ExportContext context, EngineStart start, PoolLaunch names, PoolSplit pools)
    {
        var script = new StringBuilder("#!/usr/bin/env bash\n");
        Line(
            script,
            $"# All replicas of one machine: {pools.Prefill} that only compute prompts, {pools.Decode} that only decode, and the router."
        );
        Line(script, $"# Needs {names.Needs}. {PlainText.OneLine(names.Source)}, looked up on {names.Retrieved}.");
        Line(script, "# PORT: where the router listens; the replicas listen above it.");
        Line(script, "set -euo pipefail");
        Line(script, "cd \"$(dirname \"$0\")\"");
        Line(script, $"port=\"${{PORT:-{PlainText.Number(start.Launch.Port)}}}\"");
        Line(script, "replicas=()");
        Line(script, "trap 'kill \"${replicas[@]}\" 2>/dev/null || true' EXIT");
        Line(script, $"router=({ShellText.Words(names.Router)} {ShellText.Word(names.RouterPort)} \"$port\")");
        AddReplicas(script, names, 0, pools.Prefill, names.Prefill, names.RouterPrefill, names.RouterPrefillMore);
        AddReplicas(script, names, pools.Prefill, pools.Decode, names.Decode, names.RouterDecode, []);
        Line(script, "\"${router[@]}\" \"$@\"");
        return script.ToString();
    }

    private static void AddReplicas(
        StringBuilder script,
        PoolLaunch names,
        int first,
        int count,
        IReadOnlyList<string> arguments,
        string routerFlag,
        IReadOnlyList<string> afterAddress
    )
    {
        Line(
            script,
            $"for replica in {string.Join(' ', Enumerable.Range(first, count).Select(number => PlainText.Number(number)))}; do"
        );
        Line(script, $"  side=$(({PlainText.Number(names.SidePort)} + replica))");
        foreach (var (name, value) in names.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            Line(script, $"  export {ShellText.Word(name)}={WithSidePort(value)}");
        var words = string.Join(' ', arguments.Select(WithSidePort));
        // launch.sh adds the number of the replica to its port.
        Line(script, $"  REPLICA=$replica PORT=$((port + 1)) ./{FileNames.Launch} {words} &");
        Line(script, "  replicas+=($!)");
        var more = string.Concat(afterAddress.Select(word => " " + WithSidePort(word)));
        Line(script, $"  router+=({ShellText.Word(routerFlag)} \"http://127.0.0.1:$((port + 1 + replica))\"{more})");
        Line(script, "done");
    }

    private static string WithSidePort(string word) =>
        word == PoolLaunch.SidePortMark ? "\"$side\"" : ShellText.Word(word);

    private static void Line(StringBuilder script, string line) => script.Append(line).Append('\n');
}
