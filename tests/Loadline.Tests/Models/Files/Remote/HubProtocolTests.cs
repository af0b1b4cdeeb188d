using System.Net;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files.Remote;

public sealed class HubProtocolTests
{
    [Fact]
    public async Task The_token_does_not_follow_a_redirect_to_another_host()
    {
        using var store = new HubServer().AddTiny();
        using var hub = new HubServer().AddTiny();
        hub.Instead = request =>
            Redirect(request.File == "model.safetensors", 302, $"{store.Endpoint}{request.Path[1..]}");

        var model = await hub.ReadAsync();

        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        hub.Requests.ShouldAllBe(request => request.Authorization == "Bearer hf_secret");
        store.Requests.Single().Authorization.ShouldBeNull();
        store.Requests.Single().Last.ShouldBe((1 << 18) - 1);
    }

    [Theory]
    [InlineData(307)]
    [InlineData(308)]
    [InlineData(301)]
    public async Task A_model_that_was_renamed_is_followed_with_the_token(int status)
    {
        using var server = new HubServer().AddTiny();
        server.Instead = request =>
            Redirect(request.Path.StartsWith("/org/old/"), status, request.Path.Replace("/old/", "/tiny/"));

        var model = await server.ReadAsync("org/old");

        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        server.Requests.ShouldAllBe(request => request.Authorization == "Bearer hf_secret");
    }

    [Fact]
    public async Task What_a_server_says_does_not_steer_the_terminal()
    {
        using var handler = new Answers(_ => throw new HttpRequestException("\u001b[2J\r\nbroken"));
        using var hub = new RemoteHub(handler, HubTest.Options(new Uri("https://hub.test"), attempts: 1));

        var error = await Should.ThrowAsync<HubException>(() => hub.ReadAsync(HubTest.Id));

        error.Message.ShouldEndWith("config.json:  [2J  broken");
    }

    [Fact]
    public async Task A_loop_of_redirects_ends()
    {
        using var server = new HubServer();
        server.Instead = request => Redirect(true, 302, request.Path);

        var error = await Refused(server);

        error.Reason.ShouldBe(HubFailure.Unusable);
        error.What.ShouldBe("redirected more than 5 times");
        server.Requests.Count.ShouldBe(6);
    }

    [Theory]
    [InlineData("http://hub.test/x", "redirected from https to http")]
    [InlineData("file:///etc/passwd", "redirected from https to file")]
    [InlineData(null, "redirected to no address")]
    public async Task A_redirect_to_something_less_safe_is_refused(string? location, string what)
    {
        using var handler = new Answers(_ =>
        {
            var answer = new HttpResponseMessage(HttpStatusCode.Found);
            if (location is not null)
                answer.Headers.TryAddWithoutValidation("Location", location);
            return answer;
        });
        using var hub = new RemoteHub(handler, HubTest.Options(new Uri("https://hub.test")));

        var error = await Should.ThrowAsync<HubException>(() => hub.ReadAsync(HubTest.Id));

        error.What.ShouldBe(what);
        error.Message.ShouldBe($"https://hub.test/org/tiny/resolve/main/config.json: {what}");
        handler.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(401, null, HubFailure.Refused, "HF_TOKEN")]
    [InlineData(401, "GatedRepo", HubFailure.Refused, "accepted its licence")]
    [InlineData(403, "GatedRepo", HubFailure.Refused, "accepted its licence")]
    [InlineData(403, null, HubFailure.Refused, "gated")]
    [InlineData(401, "RepoNotFound", HubFailure.NotFound, "no such model, or a private one, which needs HF_TOKEN")]
    [InlineData(404, "RevisionNotFound", HubFailure.NotFound, "no such revision")]
    [InlineData(404, null, HubFailure.NotFound, "no such model or file")]
    [InlineData(400, null, HubFailure.Unusable, "400")]
    [InlineData(204, null, HubFailure.Unusable, "204")]
    public async Task A_refusal_says_what_can_be_done(int status, string? code, HubFailure reason, string what)
    {
        using var server = new HubServer();
        server.Instead = _ =>
            Task.FromResult<HubAnswer?>(HubAnswer.Of(status, code is null ? [] : [("X-Error-Code", code)]));

        var error = await Refused(server);

        error.Reason.ShouldBe(reason);
        error.What.ShouldContain(what);
        error.Message.ShouldStartWith($"{server.Endpoint}");
        error.Message.ShouldNotContain("hf_secret");
    }

    [Fact]
    public async Task A_file_store_that_says_no_is_asked_again_with_a_new_signature()
    {
        using var store = new HubServer().AddTiny();
        using var hub = new HubServer().AddTiny();
        var signatures = 0;
        hub.Instead = request =>
        {
            if (request.File != "model.safetensors")
                return Task.FromResult<HubAnswer?>(null);
            return Redirect(true, 302, $"{store.Endpoint}{request.Path[1..]}?signature={++signatures}");
        };
        store.Instead = request =>
            Task.FromResult(request.Path.EndsWith("=1") ? HubAnswer.Of(403) : Found(TinyLlama.Safetensors(), request));

        (await hub.ReadAsync()).Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
    }

    [Fact]
    public async Task A_signed_address_is_not_shown()
    {
        using var store = new HubServer();
        using var hub = new HubServer().AddTiny();
        store.Instead = _ => Task.FromResult<HubAnswer?>(HubAnswer.Of(403));
        hub.Instead = request =>
            Redirect(request.File == "model.safetensors", 302, $"{store.Endpoint}blob?signature=secret");

        var error = await Refused(hub);

        error.Message.ShouldBe(
            $"{hub.Endpoint}org/tiny/resolve/main/model.safetensors: "
                + "redirected to 127.0.0.1, which answers 403 Forbidden, asked 4 times"
        );
    }

    [Theory]
    [InlineData("bytes 1-262143/2000000")]
    [InlineData("bytes 0-262144/2000000")]
    [InlineData("bytes 0-99/2000000")]
    [InlineData("bytes 0-262143/100")]
    [InlineData("bytes 0-262143/*")]
    [InlineData("pages 0-262143/2000000")]
    [InlineData("nonsense")]
    [InlineData(null)]
    public async Task A_range_that_was_not_asked_for_is_not_used(string? range)
    {
        using var server = new HubServer().AddTiny();
        server.Instead = request =>
            Task.FromResult<HubAnswer?>(
                request.File == "model.safetensors"
                    ? new HubAnswer(206, new byte[1 << 18])
                    {
                        Headers = range is null ? [] : [("Content-Range", range)],
                    }
                    : null
            );

        var error = await Refused(server);

        error.Reason.ShouldBe(HubFailure.Unusable);
        error.What.ShouldStartWith("asked for bytes 0-262143, answers");
    }

    [Fact]
    public async Task Fewer_bytes_than_asked_for_are_followed_by_a_question_for_the_rest()
    {
        var file = TinyLlama.Safetensors();
        using var server = new HubServer().AddTiny();
        server.Instead = request =>
            Task.FromResult(
                request.File == "model.safetensors"
                    ? Found(file, request with { Last = Math.Min(request.Last!.Value, request.From!.Value + 99_999) })
                    : null
            );

        var model = await server.ReadAsync();

        model.Checkpoint!.Elements.ShouldBe(TinyLlama.Parameters);
        server.Requests.Count(request => request.File == "model.safetensors").ShouldBe(3);
    }

    [Fact]
    public async Task A_file_that_changes_its_length_while_it_is_read_is_refused()
    {
        var file = TinyLlama.Safetensors();
        using var server = new HubServer().AddTiny();
        var answers = 0;
        server.Instead = request =>
        {
            if (request.File != "model.safetensors")
                return Task.FromResult<HubAnswer?>(null);
            var longer = file.Concat(new byte[answers++]).ToArray();
            return Task.FromResult<HubAnswer?>(
                Found(longer, request with { Last = Math.Min(request.Last!.Value, request.From!.Value + 99_999) })
            );
        };

        (await Refused(server)).What.ShouldBe($"was {file.Length} bytes long and is now {file.Length + 1}");
    }

    [Fact]
    public async Task A_compressed_answer_is_not_used()
    {
        using var server = new HubServer();
        server.Instead = _ => Task.FromResult<HubAnswer?>(HubAnswer.Of(200, ("Content-Encoding", "gzip")));

        (await Refused(server)).What.ShouldContain("compressed");
    }

    [Fact]
    public async Task A_server_without_ranges_has_to_say_how_long_a_file_is()
    {
        using var server = new HubServer().AddTiny();
        server.Instead = request =>
            Task.FromResult<HubAnswer?>(
                request.File == "model.safetensors"
                    ? new HubAnswer(200, TinyLlama.Safetensors()) { ContentLength = null }
                    : null
            );

        (await Refused(server)).What.ShouldBe("does not say how long it is");
    }

    private static Task<HubException> Refused(HubServer server) =>
        Should.ThrowAsync<HubException>(() => server.ReadAsync());

    private static Task<HubAnswer?> Redirect(bool now, int status, string location) =>
        Task.FromResult(now ? HubAnswer.Of(status, ("Location", location)) : null);

    private static HubAnswer? Found(byte[] file, HubRequest request)
    {
        var (from, end) = ((int)request.From!.Value, (int)Math.Min(request.Last!.Value + 1, file.Length));
        return new HubAnswer(206, file[from..end])
        {
            Headers = [("Content-Range", $"bytes {from}-{end - 1}/{file.Length}")],
        };
    }

    private sealed class Answers(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        public int Count { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            Count++;
            return Task.FromResult(answer(request));
        }
    }
}
