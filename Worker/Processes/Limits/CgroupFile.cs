using System.Buffers.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>Reads the files of control groups.</summary>
internal static class CgroupFile
{
    /// <summary>Returns the number in a line "name number"; 0 if there is no such line.</summary>
    internal static long Field(string path, string name)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var length = Descriptors.ReadSmall(path, buffer);
        if (length <= 0) return 0;
        var text = buffer[..length];
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range];
            if (line.Length <= name.Length || line[name.Length] != ' ') continue;
            var same = true;
            for (var i = 0; i < name.Length && same; i++) same = line[i] == name[i];
            if (same && Utf8Parser.TryParse(line[(name.Length + 1)..], out long number, out _)) return number;
        }
        return 0;
    }

    /// <summary>Returns the number that a file begins with; 0 if there is none.</summary>
    internal static long Number(string path)
    {
        Span<byte> buffer = stackalloc byte[64];
        var length = Descriptors.ReadSmall(path, buffer);
        return length > 0 && Utf8Parser.TryParse(buffer[..length], out long number, out _) ? number : 0;
    }
}
