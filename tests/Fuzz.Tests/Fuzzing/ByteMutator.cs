namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>Changes bytes without knowing what they mean.</summary>
internal static class ByteMutator
{
    private static readonly byte[] Special = [0, 1, 0x0a, 0x0d, 0x20, 0x22, 0x25, 0x7f, 0x80, 0xc0, 0xed, 0xfe, 0xff];

    /// <summary>Returns a copy with one to four changes.</summary>
    public static byte[] Change(Random random, ReadOnlySpan<byte> input)
    {
        var bytes = new List<byte>(input.Length + 64);
        bytes.AddRange(input);
        for (var left = random.Next(1, 5); left > 0; left--)
            ChangeOnce(random, bytes);
        return [.. bytes];
    }

    private static void ChangeOnce(Random random, List<byte> bytes)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(random.Next(1, 9), bytes.Count - at);
        switch (random.Next(9))
        {
            case 0 when bytes.Count > 0:
                bytes[random.Next(bytes.Count)] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when bytes.Count > 0:
                bytes[random.Next(bytes.Count)] = random.Pick(Special);
                break;
            case 2:
                bytes.Insert(at, random.Pick(Special));
                break;
            case 3:
                bytes.RemoveRange(at, length);
                break;
            case 4:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 5:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 6:
                bytes.InsertRange(at, random.Bytes(random.Next(1, 9)));
                break;
            case 7:
                for (var i = at; i < at + length; i++)
                    bytes[i] = 0;
                break;
            default:
                bytes.AddRange(random.Bytes(random.Next(1, 17)));
                break;
        }
    }
}
