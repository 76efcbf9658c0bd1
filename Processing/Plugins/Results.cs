using System.Text;
using System.Text.Json;

namespace OrleansTasks.Processing.Plugins;

/// <summary>Collects the results of one item.</summary>
public sealed class Results
{
    private List<Value> values = [];

    /// <summary>Adds an integer.</summary>
    public void Add(long number) => values.Add(Value.Of(number));

    /// <summary>Adds an integer of any size.</summary>
    public void Add(BigInteger number) => values.Add(Value.Of(number));

    /// <summary>
    /// Adds a number. Throws <see cref="ArgumentOutOfRangeException"/> for NaN and infinities, which JSON does not
    /// have.
    /// </summary>
    public void Add(double number)
    {
        if (!double.IsFinite(number))
            throw new ArgumentOutOfRangeException(nameof(number), number, "JSON cannot represent this number.");
        values.Add(Value.Of(number));
    }

    /// <summary>Adds true or false.</summary>
    public void Add(bool truth) => values.Add(Value.Of(truth));

    /// <summary>Adds a string.</summary>
    public void Add(string text) => values.Add(Value.OfText(Encoding.UTF8.GetBytes(text)));

    /// <summary>Adds a string in UTF-8. The bytes are copied.</summary>
    public void AddText(ReadOnlySpan<byte> utf8) => values.Add(Value.OfText(utf8.ToArray()));

    /// <summary>Adds a JSON value. Throws <see cref="JsonException"/> if it is not valid JSON.</summary>
    public void AddJson(ReadOnlySpan<byte> utf8)
    {
        var reader = new Utf8JsonReader(utf8);
        while (reader.Read())
        {
        }

        var room = new byte[utf8.Length];
        values.Add(Value.Read(room.AsMemory(0, RawJson.Minify(utf8, room))));
    }

    /// <summary>Adds null.</summary>
    public void AddNull() => values.Add(Value.Null);

    internal void To(List<Value> list) => values = list;
}
