using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>Words that are cut from lines by their bytes are those that a plain reader of text finds.</summary>
public sealed partial class WordKernelTests : IDisposable
{
    private const int Rounds = 400;
    private static readonly string[] Signs = ["a", "Z", "m", "Word", "0", "9", "x1", " ", " ", ", ", "-", "@", "[", "`", "{", "/", ":", "'", "\t", "\0", "\u007f", "\r"];
    private static readonly string[] Wide = ["é", "Å", "ß", "Ÿ", "\u212A", "日", "😀", "𝐀", "\uFEFF", "\u0301", "٣", "—", "\u200C", "\u200D", "\u20DD"];

    // Words of ten scripts, many with vowel signs, points and joiners.
    private static readonly string[] Scripts =
    [
        "nai\u0308ve", "cafe\u0301", "Łódź", "ΑΘΗ\u0301ΝΑ", "Ё\u0301ж", "שָׁלוֹם", "מְאֹד", "مُحَمَّد", "می\u200Cخواهم", "हिन्दी", "क्\u200Dष", "বাংলা", "தமிழ்", "ภาษาไทย", "ที่นี่",
        "සිංහල", "ශ්\u200Dරී", "한국어", "\u1112\u1161\u11AB", "日本語", "が\u3099", "𞤀𞤁𞥁",
    ];

    private readonly WrittenParts parts = new();

    public void Dispose() => parts.Dispose();

    [Fact]
    public void Words_AnyLinesCutAnywhere_AreCountedAsAPlainReaderDoes()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            var file = File(random);
            var cuts = Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(file.Length + 1)).ToArray();
            var plan = Chunked.Plan(
                ProcessorKind.Words, Chunked.Op(AggregateOp.GroupCount), Chunked.Op(AggregateOp.Count), Chunked.Op(AggregateOp.Distinct));
            var total = new Partial(plan);
            foreach (var part in parts.Cut(file, ItemFormat.FileLines, cuts))
                total.Merge(Chunked.Run(plan, part));
            var words = Plainly(Encoding.UTF8.GetString(file));
            var lines = file.Count(static next => next == '\n') + (file is [.., not (byte)'\n'] ? 1 : 0);
            Assert.True(lines == total.Items, $"seed {seed}: {total.Items} lines, and {lines} are right");
            using var json = JsonDocument.Parse(Chunked.Outcome(total));
            var counted = json.RootElement.GetProperty("GroupCount").EnumerateArray().ToDictionary(
                static group => group.GetProperty("key").GetString()!, static group => group.GetProperty("count").GetInt32());
            Assert.Equal(words.CountBy(static word => word).OrderBy(static word => word.Key, StringComparer.Ordinal),
                counted.OrderBy(static word => word.Key, StringComparer.Ordinal));
            Assert.Equal(words.Count, json.RootElement.GetProperty("Count").GetInt32());
            Assert.Equal(counted.Count, json.RootElement.GetProperty("Distinct").GetInt32());
        }
    }

    [Fact]
    public void Distinct_OfMoreWordsThanAreKept_EstimatesAsForValues()
    {
        var text = string.Concat(Enumerable.Range(0, DistinctState.Exact + 1000).Select(static i => $"w{i}\n"));
        var op = Chunked.Op(AggregateOp.Distinct);
        var bytes = Encoding.UTF8.GetBytes(text);
        var words = Chunked.Run(Chunked.Plan(ProcessorKind.Words, op), Assert.Single(parts.Cut(bytes, ItemFormat.FileLines)));
        var lines = Chunked.Run(Chunked.Plan(ProcessorKind.Identity, op), Assert.Single(parts.Cut(bytes, ItemFormat.FileLines)));
        Assert.Equal(["Distinct"], words.Approximate);
        Assert.Equal(Chunked.Outcome(lines), Chunked.Outcome(words));
    }

    private static byte[] File(Random random)
    {
        var file = new List<byte>();
        var rarely = random.Next(2) == 0 ? 200 : 10;
        for (var line = random.Next(1, 20); line > 0; line--)
        {
            for (var signs = random.Next(random.Next(2) == 0 ? 8 : 200); signs > 0; signs--)
            {
                if (random.Next(rarely) == 0 && random.Next(3) == 0)
                    file.AddRange(Encoding.UTF8.GetBytes(Scripts[random.Next(Scripts.Length)]));
                else if (random.Next(rarely) == 0)
                    file.AddRange(random.Next(4) == 0 ? [(byte)random.Next(0x80, 0x100)] : Encoding.UTF8.GetBytes(Wide[random.Next(Wide.Length)]));
                else
                    file.AddRange(Encoding.UTF8.GetBytes(Signs[random.Next(Signs.Length)]));
            }

            if (line > 1 || random.Next(2) == 0)
                file.AddRange("\n"u8);
        }

        return [.. file];
    }

    [Theory]
    [InlineData("nai\u0308ve cafe\u0301", "nai\u0308ve|cafe\u0301")]
    [InlineData("naïve café", "naïve|café")]
    [InlineData("ภาษาไทย ที่นี่", "ภาษาไทย|ที่นี่")]
    [InlineData("שָׁלוֹם מְאֹד", "שָׁלוֹם|מְאֹד")]
    [InlineData("हिन्दी, में!", "हिन्दी|में")]
    [InlineData("می\u200Cخواهم", "می\u200Cخواهم")]
    [InlineData("a\u200D b\u200C\u200D\u200Dc \u200Dd", "a|b\u200C\u200D\u200Dc|d")]
    [InlineData("\u0301a \u0301 -\u0301b", "a|b")]
    [InlineData("x\u20DD y\uFE0F", "x\u20DD|y\uFE0F")]
    public void Words_WithMarks_AreWhole(string text, string words)
    {
        var plan = Chunked.Plan(ProcessorKind.Words, Chunked.Op(AggregateOp.Collect));
        var partial = Chunked.Run(plan, Assert.Single(parts.Cut(Encoding.UTF8.GetBytes(text), ItemFormat.FileLines)));
        Assert.Equal(words.Split('|'), Encoding.UTF8.GetString(partial.Collected!.Value.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonSerializer.Deserialize<string>(line)!));
    }

    private static List<string> Plainly(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        foreach (var rune in (text + " ").EnumerateRunes())
        {
            // A letter or digit begins a word; marks and joiners continue one, and a joiner at its end is not its part.
            if (Rune.IsLetterOrDigit(rune) || (word.Length > 0 && (Mark().IsMatch(rune.ToString()) || rune.Value is 0x200C or 0x200D)))
                word.Append(Rune.ToLowerInvariant(rune).ToString());
            else if (word.Length > 0)
            {
                words.Add(word.ToString().TrimEnd('\u200C', '\u200D'));
                word.Clear();
            }
        }

        return words;
    }

    [GeneratedRegex("^\\p{M}")]
    private static partial Regex Mark();
}
