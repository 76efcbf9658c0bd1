using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Serialization;

namespace OrleansTasks.Tasks;

/// <summary>
/// The id of a task or a batch: a UUID version 7 (RFC 9562). From the top: 48 bits of Unix milliseconds, the version, a
/// counter of 12 and then 14 bits that keeps ids of one source in order within a millisecond, and 48 random bits. The
/// text form is the usual 36 characters in lower case, which sort like the ids.
/// </summary>
/// <param name="High">The first eight bytes, big-endian.</param>
/// <param name="Low">The last eight bytes, big-endian.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskId"), JsonConverter(typeof(TaskIdConverter))]
public readonly record struct TaskId([property: Id(0)] ulong High, [property: Id(1)] ulong Low) : IComparable<TaskId>
{
    /// <summary>The number of bytes in the binary form.</summary>
    public const int Size = 16;

    /// <summary>The number of characters in the text form.</summary>
    public const int TextLength = 36;

    /// <summary>The number of bits of the counter.</summary>
    public const int CounterBits = 26;

    // The bits of the counter that are in the lower half, above the random bits.
    private const int LowCounterBits = 14;
    private const ulong LowCounterMask = (1UL << LowCounterBits) - 1;
    private const int RandomBits = 48;

    /// <summary>When the id was generated, in Unix milliseconds.</summary>
    public long CreatedAt => (long)(High >> 16);

    /// <summary>Creates an id from its parts.</summary>
    /// <param name="millisecond">The time in Unix milliseconds.</param>
    /// <param name="counter">The counter, of <see cref="CounterBits"/> bits.</param>
    /// <param name="random">48 random bits.</param>
    public static TaskId Of(long millisecond, int counter, ulong random)
    {
        // 0x7000 is the UUID version, and 0b10 the variant.
        var high = ((ulong)millisecond << 16) | 0x7000 | ((ulong)counter >> LowCounterBits);
        var low = (0b10UL << 62) | (((ulong)counter & LowCounterMask) << RandomBits) | random;
        return new TaskId(high, low);
    }

    /// <summary>
    /// Returns the id with the same random bits and the next counter. After the last counter, borrows the next
    /// millisecond.
    /// </summary>
    public TaskId Following()
    {
        var counter = (int)(((High & 0xfff) << LowCounterBits) | ((Low >> RandomBits) & LowCounterMask)) + 1;
        var random = Low & ((1UL << RandomBits) - 1);
        return counter == 1 << CounterBits ? Of(CreatedAt + 1, 0, random) : Of(CreatedAt, counter, random);
    }

    /// <summary>Compares ids by time of creation, like their text forms.</summary>
    public int CompareTo(TaskId other) => High != other.High ? High.CompareTo(other.High) : Low.CompareTo(other.Low);

    /// <summary>Returns whether <paramref name="left"/> was generated before <paramref name="right"/>.</summary>
    public static bool operator <(TaskId left, TaskId right) => left.CompareTo(right) < 0;

    /// <summary>Returns whether <paramref name="left"/> was generated after <paramref name="right"/>.</summary>
    public static bool operator >(TaskId left, TaskId right) => left.CompareTo(right) > 0;

    /// <summary>Returns whether <paramref name="left"/> was not generated after <paramref name="right"/>.</summary>
    public static bool operator <=(TaskId left, TaskId right) => left.CompareTo(right) <= 0;

    /// <summary>Returns whether <paramref name="left"/> was not generated before <paramref name="right"/>.</summary>
    public static bool operator >=(TaskId left, TaskId right) => left.CompareTo(right) >= 0;

    /// <summary>Writes the 16 bytes, big-endian, to the start of <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>Reads an id from its 16 bytes.</summary>
    public static TaskId Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    /// <summary>Writes the 36 characters of the text form as ASCII.</summary>
    public void WriteText(Span<byte> destination)
    {
        const string Digits = "0123456789abcdef";
        var at = 0;
        for (var nibble = 0; nibble < 32; nibble++)
        {
            if (nibble is 8 or 12 or 16 or 20)
                destination[at++] = (byte)'-';
            var half = nibble < 16 ? High : Low;
            destination[at++] = (byte)Digits[(int)(half >> (60 - nibble % 16 * 4)) & 15];
        }
    }

    /// <summary>Returns the text form: 36 characters in lower case.</summary>
    public override string ToString() => string.Create(TextLength, this, static (text, id) =>
    {
        Span<byte> ascii = stackalloc byte[TextLength];
        id.WriteText(ascii);
        for (var i = 0; i < text.Length; i++)
            text[i] = (char)ascii[i];
    });

    /// <summary>Parses the text form. Accepts only 36 characters with lower-case hexadecimal digits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TaskId id)
    {
        id = default;
        if (text.Length != TextLength || text.ContainsAnyInRange('A', 'F'))
            return false;
        Span<char> digits = stackalloc char[32];
        var at = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (i is 8 or 13 or 18 or 23)
            {
                if (text[i] != '-')
                    return false;
            }
            else
                digits[at++] = text[i];
        }

        if (!ulong.TryParse(digits[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            || !ulong.TryParse(digits[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low))
            return false;
        id = new TaskId(high, low);
        return true;
    }
}
