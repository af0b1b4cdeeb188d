using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class HelpTests
{
    [Theory]
    [InlineData("loadline [command]", "--help")]
    [InlineData("loadline predict <MODEL>", "predict", "--help")]
    public void Usage_calls_the_program_by_its_name(string usage, params string[] arguments)
    {
        var run = Run.Of(arguments);

        run.ExitCode.ShouldBe(0);
        run.Output.ShouldContain(usage);
    }
}
