using System.Globalization;
using System.Text.Json;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>
/// An exact total of integers of any size and of doubles.
/// Doubles go into a superaccumulator: a fixed-point integer that is wide enough for any sum of doubles, held in 32-bit
/// pieces whose carries are deferred (Neal, "Fast exact summation using small and large superaccumulators", 2015).
/// The total is rounded only once, when it is written, so the order and grouping of the additions do not affect it.
/// </summary>
internal sealed class ExactTotal
{
    // Doubles span 2,098 bits (2^-1074 to 2^1024), which is 66 pieces. The rest is room for sums.
    private const int Pieces = 70;
    private const int PieceBits = 32;
    // A piece grows by less than 2^32 with each addition, so 2^29 additions fit in a long without a carry.
    private const int MostUncarried = 1 << 29;
    private const int MostTopBits = 62;
    // Flags of the first byte of the stored form. WholeFraction is only read; partials of version 1 have it.
    private const byte LongWhole = 1;
    private const byte WholeFraction = 2;
    private const byte ShortFraction = 4;
    private Int128 small;
    private BigInteger large;
    private long[]? pieces;
    private int uncarried;

    /// <summary>Whether the total includes a double; it is then written as a double.</summary>
    public bool HasDoubles => pieces is not null;

    public void Add(in Value number)
    {
        if (number.Kind == ValueKind.Integer)
            Add((Int128)number.Integer);
        else if (number.Kind == ValueKind.Big)
            large += number.Big;
        else
            Add(number.Double);
    }

    public void Add(Int128 value)
    {
        var sum = small + value;
        // The sum overflowed: both addends have the same sign, and the sum has the other.
        if (Int128.IsNegative((small ^ sum) & (value ^ sum)))
        {
            large += (BigInteger)small;
            small = value;
        }
        else
            small = sum;
    }

    public void Add(BigInteger value) => large += value;

    public void Add(double value)
    {
        pieces ??= new long[Pieces];
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52) & 0x7ff;
        var mantissa = bits & 0xfffffffffffffL;
        // A subnormal has no implicit leading bit and the exponent of the smallest normal double.
        if (exponent == 0)
            exponent = 1;
        else
            mantissa |= 1L << 52;
        var place = exponent - 1;
        var wide = (UInt128)(ulong)mantissa << (place % PieceBits);
        var piece = place / PieceBits;
        var (low, middle, high) = ((long)(uint)wide, (long)(uint)(wide >> 32), (long)(uint)(wide >> 64));
        if (bits < 0)
            (low, middle, high) = (-low, -middle, -high);
        pieces[piece] += low;
        pieces[piece + 1] += middle;
        pieces[piece + 2] += high;
        if (++uncarried == MostUncarried)
            Carry();
    }

    public void Merge(ExactTotal other)
    {
        Add(other.small);
        large += other.large;
        if (other.pieces is null)
            return;
        pieces ??= new long[Pieces];
        Carry();
        other.Carry();
        for (var i = 0; i < Pieces; i++)
            pieces[i] += other.pieces[i];
        uncarried = 1;
    }

    public void Write(ByteWriter writer)
    {
        var whole = large + (BigInteger)small;
        var isShort = whole >= long.MinValue && whole <= long.MaxValue;
        writer.Byte((byte)((isShort ? 0 : LongWhole) | (HasDoubles ? ShortFraction : 0)));
        if (isShort)
            writer.Signed((long)whole);
        else
            writer.Big(whole);
        if (HasDoubles)
            WriteFraction(writer);
    }

    public void Read(ref ByteReader reader)
    {
        var form = reader.Byte();
        small = 0;
        large = (form & LongWhole) == 0 ? reader.Signed() : reader.Big();
        pieces = null;
        if ((form & ShortFraction) != 0)
        {
            var low = reader.Unsigned();
            Spread(reader.Big(), low < Pieces ? (int)low : throw OutOfRange(), reader.IsOwn);
        }
        else if ((form & WholeFraction) != 0)
            Spread(reader.Big(), 0, reader.IsOwn);
    }

    /// <summary>Writes the total: as an integer, or as the nearest double if it includes doubles.</summary>
    public void Write(Utf8JsonWriter json)
    {
        var whole = large + (BigInteger)small;
        if (!HasDoubles)
            WriteInteger(json, whole);
        else
            WriteScaled(json, Scaled(whole));
    }

    /// <summary>Writes the total divided by a count: as an integer if the division is exact.</summary>
    public void WriteMean(Utf8JsonWriter json, long count)
    {
        var scaled = Scaled(large + (BigInteger)small);
        var unit = BigInteger.One << -Numbers.Smallest;
        var quotient = BigInteger.DivRem(scaled, unit * count, out var rest);
        if (rest.IsZero)
            WriteInteger(json, quotient);
        else if (Numbers.Divide(scaled, Numbers.Smallest, count) is var mean && double.IsFinite(mean))
            json.WriteNumberValue(mean);
        else
            WriteInteger(json, quotient);
    }

    private static void WriteScaled(Utf8JsonWriter json, BigInteger scaled)
    {
        var value = Numbers.Round(scaled, Numbers.Smallest);
        if (double.IsFinite(value))
            json.WriteNumberValue(value);
        else
            WriteInteger(json, scaled >> -Numbers.Smallest);
    }

    private static void WriteInteger(Utf8JsonWriter json, BigInteger value) =>
        json.WriteRawValue(value.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);

    private BigInteger Scaled(BigInteger whole) => (whole << -Numbers.Smallest) + Fraction();

    /// <summary>Returns the total of the doubles in units of the smallest double.</summary>
    private BigInteger Fraction()
    {
        if (pieces is null)
            return BigInteger.Zero;
        Carry();
        return FractionFrom(0);
    }

    /// <summary>
    /// Returns the value of the carried pieces from <paramref name="low"/> up, in units of that piece.
    /// </summary>
    private BigInteger FractionFrom(int low)
    {
        var bytes = new byte[(Pieces - 1 - low) * 4];
        for (var i = low; i < Pieces - 1; i++)
            BitConverter.TryWriteBytes(bytes.AsSpan(4 * (i - low)), (uint)pieces![i]);
        return new BigInteger(bytes, isUnsigned: true) + ((BigInteger)pieces![Pieces - 1] << (PieceBits * (Pieces - 1 - low)));
    }

    /// <summary>
    /// Writes the doubles' total. Most totals fill only a few pieces in the middle, so the empty low pieces are only
    /// counted.
    /// </summary>
    private void WriteFraction(ByteWriter writer)
    {
        Carry();
        var low = 0;
        while (low < Pieces - 1 && pieces![low] == 0)
            low++;
        writer.Unsigned((ulong)low);
        writer.Big(FractionFrom(low));
    }

    private static FormatException OutOfRange() => new("A stored sum of doubles is out of range.");

    /// <summary>
    /// Spreads a stored total over the pieces.
    /// A total from another program must leave the top piece enough room for any number of merges.
    /// </summary>
    private void Spread(BigInteger fraction, int low, bool isOwn)
    {
        if (fraction.GetBitLength() > (PieceBits * (Pieces - 1 - low)) + (isOwn ? MostTopBits : MostTopBits / 2))
            throw OutOfRange();
        pieces = new long[Pieces];
        var mask = (BigInteger)uint.MaxValue;
        for (var i = low; i < Pieces - 1 && !fraction.IsZero; i++)
        {
            pieces[i] = (long)(fraction & mask);
            fraction >>= PieceBits;
        }

        pieces[Pieces - 1] = (long)fraction;
    }

    /// <summary>
    /// Moves whatever exceeds 32 bits into the next piece, so that every piece but the top one is from 0 to 2^32 - 1.
    /// </summary>
    private void Carry()
    {
        for (var i = 0; i < Pieces - 1; i++)
        {
            pieces![i + 1] += pieces[i] >> PieceBits;
            pieces[i] &= uint.MaxValue;
        }

        uncarried = 0;
    }
}
