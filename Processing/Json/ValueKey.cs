using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansTasks.Processing.Json;

/// <summary>
/// Encodes values as bytes that are equal if the values are. Numbers are equal by value (1 and 1.0 are the same),
/// strings by their characters, objects and arrays by their text without white space. The first byte is the kind.
/// </summary>
internal static class ValueKey
{
    private const int FixedLength = 9; // The kind and eight bytes.
    private static readonly double LongLimit = Math.ScaleB(1, 63);

    /// <summary>Returns the key of a value, in <paramref name="room"/> if it fits.</summary>
    public static ReadOnlySpan<byte> Of(in Value value, Span<byte> room)
    {
        switch (value.Kind)
        {
            case ValueKind.Integer:
                return Fixed(ValueKind.Integer, value.Integer, room);
            case ValueKind.Double:
                return OfDouble(value.Double, room);
            case ValueKind.Big:
                return OfBig(value.Big);
            case ValueKind.Text or ValueKind.Json:
                var bytes = value.Bytes.Span;
                var key = bytes.Length < room.Length ? room[..(bytes.Length + 1)] : new byte[bytes.Length + 1];
                key[0] = (byte)value.Kind;
                bytes.CopyTo(key[1..]);
                return key;
            default:
                room[0] = (byte)value.Kind;
                return room[..1];
        }
    }

    /// <summary>
    /// Reads a key. Throws <see cref="FormatException"/> if another program wrote bytes that are not the key of any
    /// value.
    /// </summary>
    public static ReadOnlySpan<byte> ReadFrom(ref ByteReader reader)
    {
        var key = reader.Bytes();
        return reader.IsOwn || IsKey(key) ? key : throw new FormatException("A stored key belongs to no value.");
    }

    /// <summary>Returns the value of a key.</summary>
    public static Value Read(ReadOnlySpan<byte> key) => (ValueKind)key[0] switch
    {
        ValueKind.Integer => Value.Of(BinaryPrimitives.ReadInt64LittleEndian(key[1..])),
        ValueKind.Double => Value.Of(BitConverter.Int64BitsToDouble(BinaryPrimitives.ReadInt64LittleEndian(key[1..]))),
        ValueKind.Big => Value.Of(BigInteger.Parse(Encoding.ASCII.GetString(key[1..]), CultureInfo.InvariantCulture)),
        ValueKind.Text => Value.OfText(key[1..].ToArray()),
        ValueKind.Json => Value.Read(key[1..].ToArray()),
        ValueKind.True => Value.Of(true),
        ValueKind.False => Value.Of(false),
        _ => Value.Null,
    };

    /// <summary>Writes a key's value as JSON.</summary>
    public static void Write(ReadOnlySpan<byte> key, Utf8JsonWriter json)
    {
        if (key[0] == (byte)ValueKind.Text)
            json.WriteStringValue(key[1..]);
        else
            Read(key).Write(json);
    }

    /// <summary>
    /// Orders keys: null, false, true, numbers by value, then strings and at last objects and arrays, both by their
    /// bytes.
    /// </summary>
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var (kind, other) = ((ValueKind)left[0], (ValueKind)right[0]);
        if (IsNumber(kind) && IsNumber(other))
            return Numbers.Compare(Read(left), Read(right));
        return kind != other ? kind.CompareTo(other) : left[1..].SequenceCompareTo(right[1..]);
    }

    private static bool IsKey(ReadOnlySpan<byte> key) => !key.IsEmpty && (ValueKind)key[0] switch
    {
        ValueKind.Null or ValueKind.False or ValueKind.True => key.Length == 1,
        ValueKind.Integer or ValueKind.Double => key.Length == FixedLength,
        ValueKind.Big => key.Length > 1 && IsInteger(key[1] == '-' ? key[2..] : key[1..]),
        ValueKind.Text => Utf8.IsValid(key[1..]),
        ValueKind.Json => key.Length > 1 && key[1] is (byte)'{' or (byte)'[' && Utf8.IsValid(key) && RawJson.Check(key[1..].ToArray()) is not null,
        _ => false,
    };

    private static bool IsInteger(ReadOnlySpan<byte> digits) =>
        digits.Length is > 0 and <= Value.MostDigits && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private static bool IsNumber(ValueKind kind) => kind is ValueKind.Integer or ValueKind.Big or ValueKind.Double;

    private static ReadOnlySpan<byte> OfDouble(double value, Span<byte> room)
    {
        if (value != Math.Floor(value) || !double.IsFinite(value))
            return Fixed(ValueKind.Double, BitConverter.DoubleToInt64Bits(value), room);
        return value >= -LongLimit && value < LongLimit
            ? Fixed(ValueKind.Integer, (long)value, room)
            : OfBig(new BigInteger(value));
    }

    private static byte[] OfBig(BigInteger value)
    {
        var digits = value.ToString(CultureInfo.InvariantCulture);
        var key = new byte[digits.Length + 1];
        key[0] = (byte)ValueKind.Big;
        Encoding.ASCII.GetBytes(digits, key.AsSpan(1));
        return key;
    }

    private static ReadOnlySpan<byte> Fixed(ValueKind kind, long bits, Span<byte> room)
    {
        room[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(room[1..], bits);
        return room[..FixedLength];
    }
}
