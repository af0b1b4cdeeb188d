using System.Net;
using System.Net.Sockets;
using Loadline.Tests.Models.Files;
using Loadline.Tests.Models.Files.Remote;
using Shouldly;
using Xunit;

namespace Loadline.Cli.Tests;

public sealed class HubTests
{
    [Fact]
    public void An_id_is_read_from_the_hub()
    {
        using var server = new HubServer()
            .Add("config.json", TinyLlama.Config)
            .Add("model.safetensors", TinyLlama.Safetensors());

        var run = Inspect(server.Endpoint, "org/tiny", "--json");

        run.ExitCode.ShouldBe(0, run.Error);
        run.Error.ShouldBeEmpty();
        run.Json.GetProperty("parameters").GetProperty("stored").GetInt64().ShouldBe(TinyLlama.Parameters);
        server.Requests.ShouldAllBe(request => request.Authorization == "Bearer hf_secret");
    }

    [Fact]
    public void A_catalogued_id_is_not_asked_for()
    {
        using var server = new HubServer();

        Inspect(server.Endpoint, "facebook/opt-350m").ExitCode.ShouldBe(0);

        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void An_id_that_the_hub_does_not_know_is_exit_code_2()
    {
        using var server = new HubServer();

        Refused(2, Inspect(server.Endpoint, "no-such/model")).ShouldContain("neither the local cache nor the hub");
    }

    [Fact]
    public void A_model_that_is_not_for_us_is_exit_code_3()
    {
        using var server = new HubServer
        {
            Instead = _ => Task.FromResult<HubAnswer?>(HubAnswer.Of(403, ("X-Error-Code", "GatedRepo"))),
        };

        var error = Refused(3, Inspect(server.Endpoint, "org/tiny"));

        error.ShouldContain($"{server.Endpoint}org/tiny/resolve/main/config.json: 403");
        error.ShouldContain("HF_TOKEN");
        error.ShouldNotContain("hf_secret");
    }

    [Fact]
    public void A_hub_that_cannot_be_reached_is_exit_code_2_and_says_what_to_do()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();

        var error = Refused(2, Inspect(new Uri($"http://127.0.0.1:{port}"), "org/unknown"));

        error.ShouldContain("not in the catalog");
        error.ShouldContain("127.0.0.1 cannot be reached");
        error.ShouldContain("hf download org/unknown");
    }

    [Fact]
    public void An_endpoint_that_is_no_address_is_exit_code_2() =>
        Refused(2, Run.With(name => name == "HF_ENDPOINT" ? "hf.example" : null, "inspect", "org/tiny"))
            .ShouldContain("HF_ENDPOINT");

    [Fact]
    public void A_person_at_a_terminal_may_stop_it()
    {
        using var server = new HubServer();
        using var stop = new CancellationTokenSource();
        server.Instead = _ =>
        {
            stop.Cancel();
            return new TaskCompletionSource<HubAnswer?>().Task;
        };

        var run = Run.With(Variables(server.Endpoint), stop.Token, "inspect", "org/tiny");

        Refused(130, run).ShouldContain("interrupted");
    }

    private static Run Inspect(Uri endpoint, params string[] arguments) =>
        Run.With(Variables(endpoint), ["inspect", .. arguments]);

    private static Func<string, string?> Variables(Uri endpoint) =>
        name =>
            name switch
            {
                "HF_ENDPOINT" => endpoint.AbsoluteUri,
                "HF_TOKEN" => "hf_secret",
                _ => null,
            };

    private static string Refused(int exitCode, Run run)
    {
        run.ExitCode.ShouldBe(exitCode, run.Error);
        run.Output.ShouldBeEmpty();
        run.Error.Count(character => character == '\n').ShouldBe(1, run.Error);
        return run.Error;
    }
}
