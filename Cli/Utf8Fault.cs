using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace OrleansTasks.Cli;

/// <summary>The first byte of a text that is not UTF-8.</summary>
/// <param name="At">Its index, from 0.</param>
/// <param name="Value">The byte.</param>
internal sealed record Utf8Fault(int At, byte Value)
{
    private bool IsUtf16 { get; init; }

    /// <summary>Finds the first byte that is not UTF-8; null if all are.</summary>
    public static Utf8Fault? In(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
            return null;
        for (var at = 0; at < bytes.Length;)
        {
            if (Rune.DecodeFromUtf8(bytes[at..], out _, out var length) != OperationStatus.Done)
            {
                var isUtf16 = at == 0 && bytes is [0xFF, 0xFE, ..] or [0xFE, 0xFF, ..];
                return new Utf8Fault(at, bytes[at]) { IsUtf16 = isUtf16 };
            }

            at += length;
        }

        return null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"byte {At + 1} is 0x{Value:X2}, which is not UTF-8")
        + (IsUtf16 ? "; the text seems to be UTF-16" : "");
}
