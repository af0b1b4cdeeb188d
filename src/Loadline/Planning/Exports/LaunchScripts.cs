using System.Text;

namespace Loadline.Planning;

/// <summary>Shell scripts that start one replica, the recommended engine's and those of engines that could replace it.</summary>
internal static class LaunchScripts
{
    public static IEnumerable<ExportFile> Write(ExportContext context)
    {
        if (context.Start is { } start)
            yield return new ExportFile(FileNames.Launch, TextOf(context, start, isRecommended: true), true);
        foreach (var other in context.Alternatives)
            yield return new ExportFile(FileNames.LaunchOf(other), TextOf(context, other, isRecommended: false), true);
    }

    private static string TextOf(ExportContext context, EngineStart start, bool isRecommended)
    {
        var script = new StringBuilder("#!/usr/bin/env bash\n");
        AddHead(script, context, start, isRecommended);
        Line(script, "set -euo pipefail");
        if (context.Layout.MachinesPerReplica > 1 && !start.CanSpanMachines)
        {
            var refusal = $"{start.EngineName} spans several machines only by MPI, which this script does not set up";
            Line(script, $"echo {ShellText.Word(refusal)} >&2");
            Line(script, "exit 2");
            return script.ToString();
        }
        AddModel(script, start);
        AddPlace(script, context, start);
        if (start.Launch.Modelfile)
            AddModelfileServer(script, context, start);
        else
            AddServer(script, context, start);
        return script.ToString();
    }

    private static void AddHead(StringBuilder script, ExportContext context, EngineStart start, bool isRecommended)
    {
        var setup = context.Setup;
        Comment(
            script,
            $"One replica of {setup.Model} in {setup.WeightFormat} on {context.Layout.DevicesPerMachine}x"
                + $" {context.Accelerator.Name} with {start.EngineName} {start.Launch.Release}, for the plan \"{setup.Name}\"."
        );
        Comment(
            script,
            isRecommended
                ? "RECOMMENDED: the figures of the plan are for this engine."
                : $"ALTERNATIVE: the figures of the plan are for {context.Engine.Name} only; measure before you switch."
        );
        Comment(
            script,
            $"Settings as of release {start.Launch.Release}, looked up on {start.Launch.Retrieved}; sources: loadline catalog show engines {start.EngineId}"
        );
        Comment(
            script,
            "A token for gated models is taken from HF_TOKEN in the environment; do not write it into this file."
        );
        foreach (var note in start.Notes)
            Comment(script, $"NOTE: {note}");
        script.Append('\n');
    }

    private static void AddModel(StringBuilder script, EngineStart start)
    {
        if (start.Launch.Modelfile)
            return;
        script.Append('\n');
        if (start.Model.Source == WeightSource.ToBeGiven)
        {
            var needs = $"set MODEL to {start.Model.Needs}";
            Line(script, "if [ -z \"${MODEL:-}\" ]; then");
            Line(script, $"  echo {ShellText.Word(PlainText.OneLine(needs))} >&2");
            Line(script, "  exit 2");
            Line(script, "fi");
            return;
        }
        Comment(script, "MODEL: another checkpoint of the same model, such as a local folder.");
        Line(script, $"if [ -z \"${{MODEL:-}}\" ]; then MODEL={ShellText.Word(start.Model.Value)}; fi");
    }

    /// <summary>Which devices, which port and which machine of a replica this is.</summary>
    private static void AddPlace(StringBuilder script, ExportContext context, EngineStart start)
    {
        var layout = context.Layout;
        var replicas = Math.Max(1, context.Setup.ReplicasPerMachine);
        script.Append('\n');
        Comment(script, "PORT: where it listens.");
        Line(script, $"port=\"${{PORT:-{PlainText.Number(start.Launch.Port)}}}\"");
        if (layout.MachinesPerReplica > 1)
        {
            script.Append('\n');
            Comment(script, $"Start this on all {layout.MachinesPerReplica} machines of a replica, NODE_RANK 0 first.");
            Line(script, "node_rank=\"${NODE_RANK:?set NODE_RANK to 0 on the first machine, 1 on the next}\"");
            Line(
                script,
                "leader=\"${LEADER_ADDRESS:?set LEADER_ADDRESS to the address of the machine with NODE_RANK 0}\""
            );
        }
        else if (replicas > 1 || layout.DevicesPerMachine < context.Setup.DevicesPerMachine)
        {
            script.Append('\n');
            Comment(
                script,
                $"REPLICA: which of the {replicas} replicas of this machine, from 0; each has devices and a port of its own."
            );
            Line(script, "replica=\"${REPLICA:-0}\"");
            Line(script, "case \"$replica\" in");
            Line(script, "  '' | *[!0-9]*) echo 'REPLICA must be a number from 0' >&2; exit 2 ;;");
            Line(script, "esac");
            Line(script, "port=$((port + replica))");
            AddDevices(script, context);
        }
    }

    private static void AddDevices(StringBuilder script, ExportContext context)
    {
        if (context.Vendor.VisibleDevices is not { } variable)
        {
            if (!context.Vendor.IsProcessor)
                Comment(script, "NOTE: give each replica devices of its own; how is not known for this vendor.");
            return;
        }
        var count = PlainText.Number(context.Layout.DevicesPerMachine);
        Line(script, $"first=$((replica * {count}))");
        Line(script, $"devices=\"$(seq -s, \"$first\" \"$((first + {count} - 1))\")\"");
        Line(script, $"export {ShellText.Word(variable)}=\"$devices\"");
    }

    private static void AddServer(StringBuilder script, ExportContext context, EngineStart start)
    {
        AddVariables(script, start);
        script.Append('\n');
        Line(script, "arguments=(");
        foreach (var argument in start.Arguments)
            AddArgument(script, argument);
        if (!start.Config.IsEmpty && start.Launch.Flags.ConfigFile is { } flag)
        {
            Comment(script, "settings that have no flag", "  ");
            Line(script, $"  {ShellText.Word(flag)} \"$(dirname \"$0\")\"/{ShellText.Word(FileNames.ConfigOf(start))}");
        }
        foreach (var argument in start.AddressArguments("$port"))
            AddVerbatim(script, argument);
        if (context.Layout.MachinesPerReplica > 1)
        {
            foreach (var argument in start.SpanArguments(context.Layout.MachinesPerReplica, "$node_rank", "$leader"))
                AddVerbatim(script, argument);
        }
        Line(script, ")");
        if (context.Layout.MachinesPerReplica > 1 && start.Launch.Flags.WorkerOnly is { } worker)
            Line(script, $"if [ \"$node_rank\" != 0 ]; then arguments+=({ShellText.Word(worker)}); fi");
        var model = start.ModelWords("$MODEL").Select(word => word == "$MODEL" ? "\"$MODEL\"" : ShellText.Word(word));
        Line(
            script,
            $"exec {ShellText.Words(start.Launch.Command)} {string.Join(' ', model)} \"${{arguments[@]}}\" \"$@\""
        );
    }

    private static void AddModelfileServer(StringBuilder script, ExportContext context, EngineStart start)
    {
        AddVariables(script, start);
        var client = ShellText.Word(start.Launch.Command[0]);
        script.Append('\n');
        Line(script, $"{ShellText.Words(start.Launch.Command)} &");
        Line(script, "server=$!");
        Line(script, "trap 'kill \"$server\"' EXIT");
        Comment(script, "The model is made known to the server once it answers.");
        Line(script, $"for _ in $(seq 60); do if {client} list >/dev/null 2>&1; then break; fi; sleep 1; done");
        Line(script, $"{client} create {ShellText.Word(context.Label)} -f \"$(dirname \"$0\")\"/{FileNames.Modelfile}");
        Line(script, "wait \"$server\"");
    }

    private static void AddVariables(StringBuilder script, EngineStart start)
    {
        foreach (var variable in start.Environment)
        {
            Comment(script, variable.Why);
            Line(script, $"export {ShellText.Word(variable.Name)}={ShellText.Word(variable.Value ?? "")}");
        }
        foreach (var variable in start.AddressVariables("$port"))
            Line(script, $"export {ShellText.Word(variable.Name)}=\"{variable.Value}\"");
    }

    private static void AddArgument(StringBuilder script, LaunchArgument argument)
    {
        Comment(script, argument.Why, "  ");
        Line(script, $"  {ShellText.Words(argument.Words)}");
    }

    /// <summary>An argument whose value is made of variables of the script.</summary>
    private static void AddVerbatim(StringBuilder script, LaunchArgument argument)
    {
        Comment(script, argument.Why, "  ");
        Line(script, $"  {ShellText.Word(argument.Name)} \"{argument.Value}\"");
    }

    private static void Comment(StringBuilder script, string text, string indent = "") =>
        Line(script, $"{indent}# {PlainText.OneLine(text)}");

    private static void Line(StringBuilder script, string line) => script.Append(line).Append('\n');
}
