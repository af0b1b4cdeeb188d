using System.Buffers.Binary;
using System.Text;

namespace Loadline.Tests.Models.Files;

/// <summary>Writes small safetensors files, sound ones and, with a header of one's own, unsound ones.</summary>
internal static class SafetensorsWriter
{
    /// <summary>Tensors one after the other, each of a type whose elements take <c>size</c> bytes.</summary>
    public static byte[] Write(params (string Name, string Type, int Size, long[] Shape)[] tensors)
    {
        var (json, dataBytes) = Header(tensors);
        return WithHeader(json, dataBytes);
    }

    /// <summary>The JSON of a file, and the bytes of data that would follow it.</summary>
    public static (string Json, long DataBytes) Header(
        params (string Name, string Type, int Size, long[] Shape)[] tensors
    )
    {
        var json = new StringBuilder("{");
        var offset = 0L;
        foreach (var (name, type, size, shape) in tensors)
        {
            var end = offset + shape.Aggregate((long)size, (bytes, dimension) => bytes * dimension);
            json.Append(json.Length > 1 ? "," : "");
            json.Append($"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape)}],");
            json.Append($"\"data_offsets\":[{offset},{end}]}}");
            offset = end;
        }
        return (json.Append('}').ToString(), offset);
    }

    public static byte[] WithHeader(string json, long dataBytes = 0) =>
        WithLength((ulong)Encoding.UTF8.GetByteCount(json), Encoding.UTF8.GetBytes(json), dataBytes);

    public static byte[] WithLength(ulong length, byte[] header, long dataBytes = 0)
    {
        var file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        header.CopyTo(file, 8);
        return file;
    }
}
