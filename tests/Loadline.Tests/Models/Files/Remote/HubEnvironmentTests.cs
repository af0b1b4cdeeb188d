using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models.Files.Remote;

public sealed class HubEnvironmentTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("0", false)]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("Yes", true)]
    [InlineData("ON", true)]
    public void Offline_is_what_hugging_face_takes_for_true(string? value, bool offline)
    {
        HubEnvironment.IsOffline(name => name == "HF_HUB_OFFLINE" ? value : null).ShouldBe(offline);
        HubEnvironment.IsOffline(name => name == "TRANSFORMERS_OFFLINE" ? value : null).ShouldBe(offline);
    }

    [Fact]
    public void Without_variables_it_is_hugging_face_without_a_token()
    {
        var options = HubEnvironment.Read(_ => null);

        options.Endpoint.ShouldBe(new Uri("https://huggingface.co"));
        options.Token.ShouldBeNull();
    }

    [Theory]
    [InlineData("hf.example")]
    [InlineData("ftp://hf.example")]
    [InlineData("https://user:secret@hf.example")]
    [InlineData("https://hf.example/?secret")]
    [InlineData("https://hf.example/#secret")]
    public void An_endpoint_that_is_no_plain_address_is_refused_and_not_shown(string endpoint)
    {
        var error = Should.Throw<BadContentException>(() =>
            HubEnvironment.Read(name => name == "HF_ENDPOINT" ? endpoint : null)
        );

        error.Message.ShouldStartWith("HF_ENDPOINT");
        error.Message.ShouldNotContain("secret");
    }

    [Fact]
    public void The_token_is_the_variable_or_else_the_file_that_logging_in_writes()
    {
        folder.Write("token", "hf_file\n");

        Read(("HF_HOME", folder.Path)).Token.ShouldBe("hf_file");
        Read(("HF_HOME", folder.Path), ("HF_TOKEN", "hf_variable")).Token.ShouldBe("hf_variable");
        Read(("HF_TOKEN_PATH", Path.Combine(folder.Path, "token"))).Token.ShouldBe("hf_file");
        Read(("HF_HOME", Path.Combine(folder.Path, "absent"))).Token.ShouldBeNull();
    }

    [Theory]
    [InlineData("secret\r\nHost: elsewhere")]
    [InlineData("secret token")]
    [InlineData("secret\u00e9")]
    public void A_token_that_would_be_a_header_of_its_own_is_refused_and_not_shown(string token)
    {
        var error = Should.Throw<BadContentException>(() => Read(("HF_TOKEN", token)));

        error.Message.ShouldStartWith("HF_TOKEN");
        error.Message.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("org/name", "org/name", null)]
    [InlineData("org/name:Q4_K_M", "org/name", "Q4_K_M")]
    [InlineData("org/name:sub/file.gguf", "org/name", "sub/file.gguf")]
    public void A_reference_is_an_id_and_perhaps_a_file(string text, string id, string? file)
    {
        var reference = HubReference.TryParse(text);

        reference.ShouldBe(new HubReference(id, file));
        reference!.ToString().ShouldBe(text);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("a/b/c")]
    [InlineData("org/name:")]
    [InlineData("org/name:../x")]
    [InlineData("org/name:/x")]
    [InlineData("org/name:a:b")]
    [InlineData("org/name:a\nb")]
    [InlineData("C:\\models\\x.gguf")]
    [InlineData("../name")]
    [InlineData("org/..")]
    [InlineData("")]
    public void What_is_a_path_or_a_name_alone_is_no_reference(string text) =>
        HubReference.TryParse(text).ShouldBeNull();

    public void Dispose() => folder.Dispose();

    private static RemoteHubOptions Read(params (string Name, string Value)[] variables) =>
        HubEnvironment.Read(name => variables.FirstOrDefault(variable => variable.Name == name).Value);
}
