using System.Buffers.Binary;

namespace OrleansTasks.Processing.Json;

/// <summary>Reads, compares and rounds numbers exactly.</summary>
internal static class Numbers
{
    private const int Precision = 53;
    private const int MostDigits = 18;
    private const int WordDigits = 8;

    /// <summary>The binary exponent of the smallest positive double, 2^-1074.</summary>
    public const int Smallest = -1074;

    /// <summary>
    /// Reads an integer of at most 18 digits in JSON's form, as most numbers are. Returns false for anything else.
    /// </summary>
    public static bool TryReadInteger(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var isNegative = text.Length > 0 && text[0] == '-';
        var digits = isNegative ? text[1..] : text;
        if (digits.Length is 0 or > MostDigits || (digits[0] == '0' && digits.Length > 1))
            return false;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            value = (10 * value) + (digit - '0');
        }

        value = isNegative ? -value : value;
        return true;
    }

    /// <summary>
    /// Reads an integer from a part of a text. Up to eight digits are read as one word, together with the bytes before
    /// them (Lemire, "Number parsing at a gigabyte per second", 2021).
    /// </summary>
    public static bool TryReadInteger(ReadOnlySpan<byte> text, int start, int end, out long value)
    {
        var isNegative = start < end && text[start] == '-';
        var first = isNegative ? start + 1 : start;
        var beyond = WordDigits - (end - first);
        if (beyond is < 0 or >= WordDigits || end < WordDigits)
            return TryReadInteger(text[start..end], out value);
        // The first digit is the lowest byte of the word. The bytes before the number become leading '0' (0x30) digits.
        const ulong Zeros = 0x3030303030303030;
        var others = (1UL << (8 * beyond)) - 1;
        var word = (BinaryPrimitives.ReadUInt64LittleEndian(text[(end - WordDigits)..]) & ~others) | (Zeros & others);
        // A byte is a digit if its upper half is 3 and remains 3 after adding 6.
        const ulong Upper = 0xF0F0F0F0F0F0F0F0;
        var areDigits = ((word & Upper) | (((word + 0x0606060606060606) & Upper) >> 4)) == 0x3333333333333333;
        word -= Zeros;
        // Each even byte becomes the number of two digits.
        word = (word * 10) + (word >> 8);
        // Weights the four pairs by 1,000,000 and 100 (0xF4240, 0x64), and by 10,000 and 1 (0x2710, 1). The upper half
        // is the sum.
        const ulong Pairs = 0x000000FF000000FF;
        value = (long)((((word & Pairs) * 0x000F424000000064) + (((word >> 16) & Pairs) * 0x0000271000000001)) >> 32);
        value = isNegative ? -value : value;
        return areDigits && (text[first] != '0' || beyond == WordDigits - 1);
    }

    /// <summary>Compares two numbers by value, even if their kinds differ.</summary>
    public static int Compare(in Value left, in Value right)
    {
        if (left.Kind == ValueKind.Integer && right.Kind == ValueKind.Integer)
            return left.Integer.CompareTo(right.Integer);
        if (left.Kind == ValueKind.Double && right.Kind == ValueKind.Double)
            return left.Double.CompareTo(right.Double);
        if (left.Kind == ValueKind.Double)
            return -Compare(right, left);
        if (right.Kind != ValueKind.Double)
            return left.Big.CompareTo(right.Big);
        if (!double.IsFinite(right.Double))
            return right.Double > 0 ? -1 : 1;
        var floor = Math.Floor(right.Double);
        var order = left.Big.CompareTo(new BigInteger(floor));
        return order != 0 ? order : floor < right.Double ? -1 : 0;
    }

    /// <summary>
    /// Returns the double nearest to n × 2^exponent, with ties to even; infinity if it is out of range.
    /// </summary>
    public static double Round(BigInteger n, int exponent)
    {
        var magnitude = BigInteger.Abs(n);
        // A subnormal has fewer than 53 bits. All excess bits are cut in one step, so that the number is not rounded
        // twice.
        var excess = Math.Max(magnitude.GetBitLength() - Precision, Smallest - (long)exponent);
        var shift = (int)Math.Clamp(excess, 0, magnitude.GetBitLength() + 1);
        var top = magnitude >> shift;
        if (shift > 0)
        {
            var rest = magnitude - (top << shift);
            var order = rest.CompareTo(BigInteger.One << (shift - 1));
            if (order > 0 || (order == 0 && !top.IsEven))
                top++;
        }

        var value = Math.ScaleB((double)(ulong)top, shift + exponent);
        return n.Sign < 0 ? -value : value;
    }

    /// <summary>Returns the double nearest to n × 2^exponent / divisor.</summary>
    public static double Divide(BigInteger n, int exponent, BigInteger divisor)
    {
        // The quotient has enough bits that the remainder only decides ties, so one set bit can stand for any
        // nonzero remainder.
        var extra = (int)Math.Max(0, Precision + 3 + divisor.GetBitLength() - n.GetBitLength());
        var quotient = BigInteger.DivRem(BigInteger.Abs(n) << extra, divisor, out var rest);
        var exact = (quotient << 1) | (rest.IsZero ? BigInteger.Zero : BigInteger.One);
        var value = Round(exact, exponent - extra - 1);
        return n.Sign < 0 ? -value : value;
    }
}
