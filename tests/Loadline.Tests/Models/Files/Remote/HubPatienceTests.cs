using System.Net;
using System.Net.Sockets;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files.Remote;

public sealed class HubPatienceTests
{
    [Fact]
    public async Task A_busy_server_is_asked_again_after_the_pause_it_wants()
    {
        using var server = new HubServer().AddTiny();
        var clock = new TestClock();
        server.Instead = _ => Once(server, HubAnswer.Of(429, ("Retry-After", "7")));

        var model = await server.ReadAsync(clock: clock);

        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        clock.Pauses.ShouldBe([TimeSpan.FromSeconds(7)]);
    }

    [Fact]
    public async Task A_pause_may_be_named_by_its_end()
    {
        using var server = new HubServer().AddTiny();
        var clock = new TestClock();
        server.Instead = _ => Once(server, HubAnswer.Of(503, ("Retry-After", "Thu, 01 Jan 2026 00:00:09 GMT")));

        await server.ReadAsync(clock: clock);

        clock.Pauses.ShouldBe([TimeSpan.FromSeconds(9)]);
    }

    [Fact]
    public async Task A_server_that_wants_an_hour_is_not_waited_for()
    {
        using var server = new HubServer();
        var clock = new TestClock();
        server.Instead = _ => Always(HubAnswer.Of(429, ("Retry-After", "3600")));

        var error = await Refused(server, clock);

        error.Message.ShouldContain("429");
        error.Message.ShouldContain("wants a pause of 3600 s");
        clock.Pauses.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_broken_server_is_given_up_after_four_attempts()
    {
        using var server = new HubServer();
        var clock = new TestClock();
        server.Instead = _ => Always(HubAnswer.Of(500));

        var error = await Refused(server, clock);

        error.Message.ShouldBe(
            $"{server.Endpoint}org/tiny/resolve/main/config.json: 500 InternalServerError, asked 4 times"
        );
        error.Reason.ShouldBe(HubFailure.Unavailable);
        clock.Pauses.Select(pause => pause.TotalSeconds).ShouldBe([0.5, 1, 2]);
    }

    [Fact]
    public async Task A_broken_connection_is_taken_up_where_it_broke()
    {
        var file = TinyLlama.Safetensors();
        using var server = new HubServer().AddTiny();
        var broken = 0;
        server.Instead = request =>
            Task.FromResult<HubAnswer?>(
                request.File == "model.safetensors" && broken++ == 0
                    ? new HubAnswer(206, file[..(1 << 18)])
                    {
                        Headers = [("Content-Range", $"bytes 0-262143/{file.Length}")],
                        StopAfter = 100_000,
                    }
                    : null
            );

        var model = await server.ReadAsync();

        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        var second = server.Requests.Last();
        (second.From, second.Last).ShouldBe((100_000, (1 << 18) - 1));
    }

    [Fact]
    public async Task A_connection_that_always_breaks_is_given_up()
    {
        using var server = new HubServer().AddTiny();
        server.Instead = request =>
            Task.FromResult<HubAnswer?>(
                request.File == "config.json" ? new HubAnswer(200, [(byte)'{']) { ContentLength = 1000 } : null
            );

        var error = await Refused(server);

        error.Reason.ShouldBe(HubFailure.Unavailable);
        error.Message.ShouldEndWith("asked 4 times");
    }

    [Fact]
    public async Task A_silent_server_is_given_up()
    {
        using var server = new HubServer();
        var clock = new TestClock();
        server.Instead = _ => Silent(() => clock.Ring(HubTest.Silence));

        var error = await Refused(server, clock);

        error.Message.ShouldContain("no answer for 3600 s, asked 4 times");
        server.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_model_that_takes_too_long_as_a_whole_is_given_up()
    {
        using var server = new HubServer();
        var clock = new TestClock();
        server.Instead = _ => Silent(() => clock.Ring(HubTest.Overall));

        var error = await Refused(server, clock);

        error.Message.ShouldBe($"{server.Endpoint}org/tiny: not read after 120 minutes");
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("model.safetensors")]
    public async Task It_can_be_stopped_at_any_time(string file)
    {
        using var server = new HubServer().AddTiny();
        using var stop = new CancellationTokenSource();
        server.Instead = request => request.File == file ? Silent(stop.Cancel) : Task.FromResult<HubAnswer?>(null);
        using var hub = HubTest.Hub(server.Endpoint);

        await Should.ThrowAsync<OperationCanceledException>(() => hub.ReadAsync(HubTest.Id, "main", stop.Token));

        server.Requests.Last().File.ShouldBe(file);
    }

    [Fact]
    public async Task Where_nobody_listens_nobody_is_asked_twice()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var endpoint = new Uri($"http://127.0.0.1:{((IPEndPoint)closed.LocalEndpoint).Port}");
        closed.Stop();
        var clock = new TestClock();
        using var hub = HubTest.Hub(endpoint, clock);

        var error = await Should.ThrowAsync<HubException>(() => hub.ReadAsync(HubTest.Id));

        error.Reason.ShouldBe(HubFailure.Unreachable);
        clock.Pauses.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1, null, 0.5)]
    [InlineData(2, null, 1.0)]
    [InlineData(3, null, 2.0)]
    [InlineData(4, null, null)]
    [InlineData(1, 0.1, 0.5)]
    [InlineData(1, 30.0, 30.0)]
    [InlineData(1, 31.0, null)]
    public void Pauses_double_and_end(int failures, double? asked, double? expected)
    {
        TimeSpan? wanted = asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

        new RetryPolicy().PauseAfter(failures, wanted)?.TotalSeconds.ShouldBe(expected!.Value);
        new RetryPolicy().PauseAfter(failures, wanted).HasValue.ShouldBe(expected is not null);
    }

    private static Task<HubException> Refused(HubServer server, TestClock? clock = null) =>
        Should.ThrowAsync<HubException>(() => server.ReadAsync(clock: clock));

    private static Task<HubAnswer?> Always(HubAnswer answer) => Task.FromResult<HubAnswer?>(answer);

    private static Task<HubAnswer?> Once(HubServer server, HubAnswer answer) =>
        Task.FromResult(server.Requests.Count == 1 ? answer : null);

    /// <summary>Never answers, and lets something happen once the request is there.</summary>
    private static Task<HubAnswer?> Silent(Action then)
    {
        ThreadPool.QueueUserWorkItem(_ => then());
        return new TaskCompletionSource<HubAnswer?>().Task;
    }
}
