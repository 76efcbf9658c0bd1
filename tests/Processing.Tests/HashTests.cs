using OrleansTasks.Processing.Json;

namespace OrleansTasks.Processing.Tests;

/// <summary>The hash that stored estimates are built on never changes.</summary>
public sealed class HashTests
{
    [Fact]
    public void Hash_OfEveryLength_IsAsDefined()
    {
        var random = new Random(3);
        for (var length = 0; length < 64; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            Assert.Equal(Defined(bytes), Hash64.Of(bytes));
            if (length > 0)
                Assert.Equal(Defined(bytes), Hash64.Of(bytes[0], bytes.AsSpan(1)));
        }
    }

    /// <summary>Byte by byte.</summary>
    private static ulong Defined(byte[] bytes)
    {
        const ulong First = 0x9E3779B97F4A7C15;
        const ulong Second = 0xD6E8FEB86659FD93;
        var state = First ^ (ulong)bytes.Length;
        for (var start = 0; start <= bytes.Length; start += 8)
        {
            ulong word = 0;
            for (var i = start; i < Math.Min(bytes.Length, start + 8); i++)
                word |= (ulong)bytes[i] << (8 * (i - start));
            state = Fold(state ^ word, start + 8 <= bytes.Length ? Second : First);
        }

        return Fold(state ^ Second, First ^ (state >> 29));
    }

    private static ulong Fold(ulong left, ulong right)
    {
        var product = (UInt128)left * right;
        return (ulong)(product >> 64) ^ (ulong)product;
    }
}
