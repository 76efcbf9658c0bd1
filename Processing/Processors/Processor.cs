using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OrleansTasks.Processing.Processors;

/// <summary>Makes the results of one item.</summary>
internal abstract class Processor
{
    /// <summary>
    /// Adds the item's results to a list. Returns what is wrong with the item, or null. After an error, the list must
    /// be ignored.
    /// </summary>
    public abstract string? Process(in Value item, List<Value> results);

    public static Processor BuiltIn(ProcessorKind kind, JsonPointer? select) => kind switch
    {
        ProcessorKind.Identity => new Identity(),
        ProcessorKind.Square => new Square(),
        ProcessorKind.Length => new Length(),
        ProcessorKind.Words => new Words(),
        ProcessorKind.Json => new Selection(select),
        _ => throw new FormatException($"{kind} is not a built-in processor."),
    };

    private sealed class Identity : Processor
    {
        public override string? Process(in Value item, List<Value> results)
        {
            results.Add(item);
            return null;
        }
    }

    private sealed class Square : Processor
    {
        private const long Root = 3_037_000_499; // The square root of 2^63, rounded down

        public override string? Process(in Value item, List<Value> results)
        {
            if (!item.IsNumber)
                return $"'square' expects a number, but got {item.Describe()}";
            if (item.Kind == ValueKind.Double)
            {
                var square = item.Double * item.Double;
                if (!double.IsFinite(square))
                    return "the square is beyond the range of a double";
                results.Add(Value.Of(square));
            }
            else if (item.Kind == ValueKind.Integer && item.Integer is >= -Root and <= Root)
                results.Add(Value.Of(item.Integer * item.Integer));
            else if (Value.Of(item.Big * item.Big) is { Kind: not ValueKind.Overlong } whole)
                results.Add(whole);
            else
                return $"the square has more than {Value.MostDigits} digits";
            return null;
        }
    }

    private sealed class Length : Processor
    {
        public override string? Process(in Value item, List<Value> results)
        {
            if (item.Kind == ValueKind.Text)
                results.Add(Value.Of((long)Characters(item.Bytes.Span)));
            else if (item.Kind == ValueKind.Json && item.Bytes.Span[0] == '[')
                results.Add(Value.Of((long)Elements(item.Bytes.Span)));
            else
                return $"'length' expects a string or an array, but got {item.Describe()}";
            return null;
        }

        /// <summary>
        /// Counts the bytes that are not continuation bytes (10xxxxxx), which is the number of characters.
        /// </summary>
        private static int Characters(ReadOnlySpan<byte> utf8)
        {
            var count = 0;
            foreach (var next in utf8)
                count += (next & 0xc0) != 0x80 ? 1 : 0;
            return count;
        }

        private static int Elements(ReadOnlySpan<byte> json)
        {
            var reader = new Utf8JsonReader(json);
            reader.Read();
            var count = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                count++;
                reader.Skip();
            }

            return count;
        }
    }

    private sealed class Words : Processor
    {
        private const byte Wide = 0xff;
        private const int NonJoiner = 0x200C, Joiner = 0x200D;

        // The lower-case form of each byte of a word; 0 for bytes that end a word, Wide for bytes of a longer
        // character.
        private static readonly byte[] Letters =
        [
            .. Enumerable.Range(0, 256).Select(static next =>
                next >= 0x80 ? Wide : char.IsAsciiLetterOrDigit((char)next) ? (byte)char.ToLowerInvariant((char)next) : (byte)0),
        ];

        private byte[] room = [];

        public override string? Process(in Value item, List<Value> results)
        {
            if (item.Kind != ValueKind.Text)
                return $"'words' expects a string, but got {item.Describe()}";
            var text = item.Bytes.Span;
            // In lower case, a character may have up to 1.5 times as many bytes. The content of the old buffer has been
            // consumed.
            if (room.Length < text.Length + (text.Length / 2) + 4)
                room = new byte[2 * (text.Length + 4)];
            var (start, end) = (0, 0);
            for (var i = 0; i < text.Length;)
            {
                var letter = Letters[text[i]];
                var length = 1;
                if (letter == Wide)
                {
                    Rune.DecodeFromUtf8(text[i..], out var rune, out length);
                    if (Rune.IsLetterOrDigit(rune) || (end > start && Continues(rune)))
                        end += Rune.ToLowerInvariant(rune).EncodeToUtf8(room.AsSpan(end));
                    else
                        Cut(room, ref start, end, results);
                }
                else if (letter != 0)
                    room[end++] = letter;
                else if (end > start)
                    Cut(room, ref start, end, results);
                i += length;
            }

            Cut(room, ref start, end, results);
            return null;
        }

        /// <summary>
        /// Whether a character continues a word without being a letter: a mark, such as an accent, a vowel sign or a
        /// point; or a joiner, which is not part of the word if nothing follows it.
        /// </summary>
        private static bool Continues(Rune rune) =>
            Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
            || rune.Value is NonJoiner or Joiner;

        private static void Cut(byte[] room, ref int start, int end, List<Value> results)
        {
            var word = room.AsMemory(start, end - start);
            while (word.Span.EndsWith("\u200C"u8) || word.Span.EndsWith("\u200D"u8))
                word = word[..^3];
            if (!word.IsEmpty)
                results.Add(Value.OfText(word));
            start = end;
        }
    }

    private sealed class Selection(JsonPointer? select) : Processor
    {
        public override string? Process(in Value item, List<Value> results)
        {
            var value = item;
            if (item.Kind == ValueKind.Text)
            {
                if (Parse(item.Bytes) is not { } parsed)
                    return RawJson.IsTooDeep(item.Bytes.Span)
                        ? $"'json' cannot read the text, which is {RawJson.TooDeep}"
                        : "'json' expects JSON, but the text is not JSON";
                value = parsed;
            }

            if (select is not null && !value.TrySelect(select, out value))
                return $"'json' found nothing at '{select.Text}' in {item.Describe()}";
            results.Add(value);
            return null;
        }

        private static Value? Parse(ReadOnlyMemory<byte> text)
        {
            try
            {
                var reader = new Utf8JsonReader(text.Span);
                reader.Read();
                reader.Skip();
                if (reader.Read())
                    return null;
            }
            catch (JsonException)
            {
                return null;
            }

            var room = new byte[text.Length];
            return Value.Read(room.AsMemory(0, RawJson.Minify(text.Span, room)));
        }
    }
}
