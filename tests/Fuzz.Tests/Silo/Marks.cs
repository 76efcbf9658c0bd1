using System.Text;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Fuzz.Tests.Silo;

/// <summary>
/// What stands in kept inputs for values that only a running service gives. Each has as many bytes as the value, so
/// that lengths around it stay true.
/// </summary>
internal static class Marks
{
    /// <summary>The length of every negative varint.</summary>
    private const int LongestVarint = 10;

    /// <summary>Stands for the session of the registered node.</summary>
    public const long Session = unchecked((long)0xF1E2D3C4B5A69788);

    /// <summary>Stands for a task that the node holds.</summary>
    public const string Task = "f1e2d3c4-b5a6-9788-f1e2-d3c4b5a69788";

    /// <summary>Stands for the token of the lease on that task.</summary>
    public static readonly byte[] Token = Convert.FromHexString("A0B1C2D3E4F5061728394A5B6C7D8E9F");

    /// <summary>Puts values in place of the marks.</summary>
    public static byte[] Replace(byte[] input, long session, Lease? lease)
    {
        var bytes = (byte[])input.Clone();
        Put(bytes, Varint(Session), Varint(session));
        if (lease is not { TaskId.Length: 36, Token.Length: 16 })
            return bytes;
        Put(bytes, Encoding.ASCII.GetBytes(Task), Encoding.ASCII.GetBytes(lease.TaskId));
        Put(bytes, Token, lease.Token.ToByteArray());
        return bytes;
    }

    private static void Put(byte[] bytes, byte[] mark, byte[] value)
    {
        for (int at = 0, found; (found = bytes.AsSpan(at).IndexOf(mark)) >= 0; at += found + mark.Length)
            value.CopyTo(bytes, at + found);
    }

    /// <summary>
    /// A varint of ten bytes, also for a small number: readers must take continuation bits without value.
    /// </summary>
    private static byte[] Varint(long value)
    {
        var bytes = new byte[LongestVarint];
        for (var i = 0; i < LongestVarint; i++)
            bytes[i] = (byte)(((ulong)value >> Math.Min(63, 7 * i) & (i == LongestVarint - 1 ? 1UL : 0x7f)) | (
                i == LongestVarint - 1 ? 0UL : 0x80));
        return bytes;
    }
}
