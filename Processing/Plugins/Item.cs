using System.Text;
using System.Text.Json;

namespace OrleansTasks.Processing.Plugins;

/// <summary>An item, as a plug-in sees it.</summary>
public readonly ref struct Item
{
    private readonly Value value;

    internal Item(Value value) => this.value = value;

    /// <summary>The kind of the item.</summary>
    public JsonValueKind Kind => value.Kind switch
    {
        ValueKind.Null => JsonValueKind.Null,
        ValueKind.False => JsonValueKind.False,
        ValueKind.True => JsonValueKind.True,
        ValueKind.Text => JsonValueKind.String,
        ValueKind.Json => value.Bytes.Span[0] == '{' ? JsonValueKind.Object : JsonValueKind.Array,
        _ => JsonValueKind.Number,
    };

    /// <summary>
    /// The characters of a string, or the JSON of an object or array without white space, in UTF-8; otherwise empty.
    /// </summary>
    public ReadOnlySpan<byte> Utf8 => value.Bytes.Span;

    /// <summary>Returns <see cref="Utf8"/> as a string.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8);

    /// <summary>
    /// Returns the value of a number without fraction and exponent; false if it does not fit in 64 bits.
    /// </summary>
    public bool TryGetInt64(out long number)
    {
        number = value.Integer;
        return value.Kind == ValueKind.Integer;
    }

    /// <summary>Returns the value of a number, rounded if necessary; false if the item is not a number.</summary>
    public bool TryGetDouble(out double number)
    {
        number = value.Kind switch
        {
            ValueKind.Double => value.Double,
            ValueKind.Integer => value.Integer,
            ValueKind.Big => (double)value.Big,
            _ => double.NaN,
        };
        return value.IsNumber;
    }

    /// <summary>Returns the part that a pointer names; false if there is none.</summary>
    public bool TrySelect(JsonPointer pointer, out Item part)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        var found = value.TrySelect(pointer, out var selected);
        part = new Item(selected);
        return found;
    }
}
