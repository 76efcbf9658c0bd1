using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Json;

/// <summary>
/// A JSON value as processors and aggregates see it. A number without a fraction or exponent is an integer of any size;
/// any other number is a double. Objects and arrays stay text until a value in them is needed.
/// </summary>
internal readonly struct Value
{
    /// <summary>
    /// The maximum number of digits of an integer. Reading and writing a longer one would take too long.
    /// </summary>
    public const int MostDigits = 10_000;

    private static readonly BigInteger Beyond = BigInteger.Pow(10, MostDigits);
    private readonly long bits;
    private readonly object? big;
    private readonly ReadOnlyMemory<byte> bytes;

    private Value(ValueKind kind, long bits = 0, object? big = null, ReadOnlyMemory<byte> bytes = default)
    {
        Kind = kind;
        this.bits = bits;
        this.big = big;
        this.bytes = bytes;
    }

    public ValueKind Kind { get; }

    /// <summary>The value of an <see cref="ValueKind.Integer"/>.</summary>
    public long Integer => bits;

    /// <summary>The value of a <see cref="ValueKind.Double"/>.</summary>
    public double Double => BitConverter.Int64BitsToDouble(bits);

    /// <summary>The characters of a <see cref="ValueKind.Text"/> in UTF-8, or the JSON of an object or array.</summary>
    public ReadOnlyMemory<byte> Bytes => big is CsvHeader header ? header.ToJson(bytes) : bytes;

    public bool IsNumber => Kind is ValueKind.Integer or ValueKind.Big || (Kind == ValueKind.Double && double.IsFinite(Double));

    /// <summary>The value of an integer of any size.</summary>
    public BigInteger Big => big is BigInteger value ? value : bits;

    public static Value Null => new(ValueKind.Null);

    public static Value Of(long value) => new(ValueKind.Integer, value);

    public static Value Of(bool value) => new(value ? ValueKind.True : ValueKind.False);

    /// <summary>
    /// Makes a double. Negative zero becomes zero: the two are equal, and the result must not depend on which came
    /// first.
    /// </summary>
    public static Value Of(double value) => new(ValueKind.Double, BitConverter.DoubleToInt64Bits(value + 0.0));

    public static Value Of(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? Of((long)value)
        : BigInteger.Abs(value) < Beyond ? new(ValueKind.Big, 0, value)
        : new(ValueKind.Overlong);

    public static Value OfText(ReadOnlyMemory<byte> utf8) => new(ValueKind.Text, bytes: utf8);

    /// <summary>Makes an object of a CSV row. It is converted to JSON only when needed.</summary>
    public static Value OfRow(ReadOnlyMemory<byte> row, CsvHeader header) => new(ValueKind.Json, 0, header, row);

    /// <summary>Reads JSON that is known to be valid and to have no white space around it.</summary>
    public static Value Read(ReadOnlyMemory<byte> json)
    {
        var text = json.Span;
        return text[0] switch
        {
            (byte)'"' => OfText(Unquote(json)),
            (byte)'{' or (byte)'[' => new(ValueKind.Json, bytes: json),
            (byte)'n' => Null,
            (byte)'t' => Of(true),
            (byte)'f' => Of(false),
            _ => ReadNumber(json),
        };
    }

    /// <summary>Selects the value that a pointer names. Returns false if there is none.</summary>
    public bool TrySelect(JsonPointer pointer, out Value selected)
    {
        if (pointer.IsWhole)
        {
            selected = this;
            return true;
        }

        if (big is CsvHeader header)
        {
            selected = default;
            return pointer.OnlyName is { } name && header.TryField(bytes, name, out selected);
        }

        if (Kind == ValueKind.Json && pointer.TryFind(bytes, out var found))
        {
            selected = Read(found);
            return true;
        }

        selected = default;
        return false;
    }

    /// <summary>Writes the value as JSON.</summary>
    public void Write(Utf8JsonWriter json)
    {
        switch (Kind)
        {
            case ValueKind.Null:
                json.WriteNullValue();
                break;
            case ValueKind.False or ValueKind.True:
                json.WriteBooleanValue(Kind == ValueKind.True);
                break;
            case ValueKind.Integer:
                json.WriteNumberValue(bits);
                break;
            case ValueKind.Big:
                json.WriteRawValue(Big.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
                break;
            case ValueKind.Double when !double.IsFinite(Double):
                // The number is beyond the range of a double. A large exponent keeps the JSON valid and reads as
                // infinity again.
                json.WriteRawValue(Double > 0 ? "1e999" : "-1e999", skipInputValidation: true);
                break;
            case ValueKind.Double:
                json.WriteNumberValue(Double);
                break;
            case ValueKind.Text:
                json.WriteStringValue(bytes.Span);
                break;
            default:
                json.WriteRawValue(Bytes.Span, skipInputValidation: true);
                break;
        }
    }

    /// <summary>Returns a human-readable description of the value's kind.</summary>
    public string Describe() => Kind switch
    {
        ValueKind.Null => "null",
        ValueKind.False or ValueKind.True => "true or false",
        ValueKind.Text => "a text",
        ValueKind.Json => Bytes.Span[0] == '{' ? "an object" : "an array",
        ValueKind.Double when !double.IsFinite(Double) => "a number beyond the range of a double",
        ValueKind.Overlong => $"an integer of more than {MostDigits} digits",
        _ => "a number",
    };

    private static Value ReadNumber(ReadOnlyMemory<byte> json)
    {
        var text = json.Span;
        if (text.Length <= 18 && TryReadShort(text, out var small))
            return Of(small);
        if (text.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0)
            return Of(double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture));
        if (text.Length > MostDigits + (text[0] == '-' ? 1 : 0))
            return new(ValueKind.Overlong, bytes: json);
        return Of(BigInteger.Parse(Encoding.ASCII.GetString(text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }

    private static bool TryReadShort(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var isNegative = text[0] == '-';
        foreach (var digit in isNegative ? text[1..] : text)
        {
            var number = digit - '0';
            if ((uint)number > 9)
                return false;
            value = (value * 10) + number;
        }

        if (isNegative)
            value = -value;
        return true;
    }

    private static ReadOnlyMemory<byte> Unquote(ReadOnlyMemory<byte> json)
    {
        var inner = json[1..^1];
        if (inner.Span.IndexOf((byte)'\\') < 0)
            return inner;
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        var room = new byte[inner.Length];
        try
        {
            return room.AsMemory(0, reader.CopyString(room));
        }
        catch (InvalidOperationException)
        {
            // The string has an unpaired surrogate, which UTF-8 cannot represent.
            return Encoding.UTF8.GetBytes(RawJson.UnescapeLoosely(inner.Span));
        }
    }
}
