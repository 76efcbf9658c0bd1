using System.Text;
using System.Text.Unicode;

namespace OrleansTasks.Jobs;

/// <summary>Makes texts of whatever bytes a program wrote.</summary>
internal static class Utf8Lines
{
    /// <summary>The same lines with U+FFFD for what is no UTF-8.</summary>
    public static ReadOnlyMemory<byte> Repair(ReadOnlyMemory<byte> lines) =>
        Utf8.IsValid(lines.Span) ? lines : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(lines.Span));
}
