using System.Text;
using System.Text.Unicode;

namespace OrleansTasks.Jobs;

/// <summary>Makes a source command's output valid UTF-8.</summary>
internal static class Utf8Lines
{
    /// <summary>Replaces invalid bytes of whole lines with U+FFFD (3 bytes). Valid input is not copied.</summary>
    public static ReadOnlyMemory<byte> Repair(ReadOnlyMemory<byte> lines) =>
        Utf8.IsValid(lines.Span) ? lines : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(lines.Span));
}
