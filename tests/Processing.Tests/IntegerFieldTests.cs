using System.Text;
using OrleansTasks.Processing.Json;

namespace OrleansTasks.Processing.Tests;

/// <summary>An integer within a text is read as one that stands alone.</summary>
public sealed class IntegerFieldTests
{
    [Fact]
    public void Integer_AnywhereInAText_IsReadAsAlone()
    {
        const string Signs = "0123456789012345678901234567890-/:, x";
        var random = new Random(4);
        for (var round = 0; round < 200_000; round++)
        {
            var text = new byte[random.Next(1, 40)];
            foreach (ref var next in text.AsSpan())
                next = (byte)(random.Next(60) == 0 ? random.Next(256) : Signs[random.Next(Signs.Length)]);
            var start = random.Next(text.Length);
            var end = random.Next(start, Math.Min(text.Length, start + 21) + 1);
            if (random.Next(3) == 0)
                text.AsSpan(start, end - start).Fill((byte)('0' + random.Next(10)));
            if (random.Next(3) == 0)
                text[start] = (byte)'-';
            var isAlone = Numbers.TryReadInteger(text.AsSpan(start, end - start), out var alone);
            var isWithin = Numbers.TryReadInteger(text, start, end, out var within);
            Assert.True(isAlone == isWithin && (!isAlone || alone == within), $"{Encoding.Latin1.GetString(text)} from {start} to {end}");
        }
    }
}
