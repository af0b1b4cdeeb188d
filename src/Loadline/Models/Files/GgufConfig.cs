using System.Buffers;
using System.Text.Json;

namespace Loadline.Models;

/// <summary>
/// Says what the metadata of a GGUF model says in the words of a Hugging Face config, so that one description of each
/// family serves both kinds of file.
/// </summary>
/// <remarks>
/// Keys: docs/gguf.md of ggml-org/ggml; what they mean per architecture: llama.cpp's converter and loader.
/// </remarks>
internal static class GgufConfig
{
    /// <exception cref="BadContentException">An architecture nobody translates, or metadata that is not sound.</exception>
    public static ModelConfig Translate(GgufFile file)
    {
        var metadata = file.Metadata;
        if (metadata.Text("general.type") is { } type and not "model")
            throw metadata.Wrong("general.type", FileText.Quote(type), "\"model\"");
        var architecture =
            metadata.Text("general.architecture")
            ?? throw metadata.Wrong("general.architecture", "missing", "the name of an architecture");
        var translate =
            GgufArchitectures.Find(architecture)
            ?? throw metadata.Wrong("general.architecture", FileText.Quote(architecture), GgufArchitectures.Known);

        var fields = new GgufFields(metadata, file.Checkpoint, architecture);
        var config = translate(fields);
        config["torch_dtype"] = fields.DataType;
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            config.WriteTo(writer);
        return new ModelConfig(metadata.File, JsonFile.Parse(buffer.WrittenMemory, metadata.File));
    }
}
