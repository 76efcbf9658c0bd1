using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTasks.Processing.Aggregates;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Processors;

namespace OrleansTasks.Processing.Tests;

/// <summary>Rows of CSV that are taken by their bytes give what a plain reader of text gives, and the same errors as without.</summary>
public sealed partial class RowKernelTests : IDisposable
{
    private const int Rounds = 400;
    private static readonly string[] Fields =
    [
        "", "a", "bc", "city-1", "city-2", "é", "Ærø-strasse", "日本", "\uFFFF", "with some more text than others have", "a b", "a\rb", "a\"b", " 5", "5 ",
        "\"\"", "\"q\"", "\"a,b\"", "\"x\"\"y\"", "\"12\"", "\"a\"b", "\"two\nlines\"", "\"\r\n\"", "\"\",\"\n\"", "0", "7", "-7", "-0", "007", "-", "--1", "1-", "12345678", "-12345678", "123456789",
        "99999999", "123456789012345678", "-999999999999999999", "1234567890123456789", "123456789012345678901234567890", "1:2", "1/2", "+1",
    ];

    private static readonly AggregateSpec[] Ops =
    [
        Chunked.Op(AggregateOp.GroupSum, "/amount", "/city"), Chunked.Op(AggregateOp.GroupSum, "/city", "/amount"),
        Chunked.Op(AggregateOp.GroupSum, "/id", "/id"), Chunked.Op(AggregateOp.GroupSum, "/none", "/city"),
        Chunked.Op(AggregateOp.GroupCount, by: "/city"), Chunked.Op(AggregateOp.TopK, "/amount", k: 3), Chunked.Op(AggregateOp.GroupCount),
    ];

    private readonly WrittenParts parts = new();

    public void Dispose() => parts.Dispose();

    [Fact]
    public void Rows_AnyFieldsCutAnywhere_AreSummedAsAPlainReaderDoes()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var file = Random(seed, decimals: false);
            var plan = Chunked.Plan(ProcessorKind.Identity, Ops[0]) with { SkipErrors = true };
            var total = new Partial(plan);
            foreach (var part in Cut(file, seed))
                total.Merge(Chunked.Run(plan, part));
            var (items, faults, sums) = Plainly(Encoding.UTF8.GetString(file));
            Assert.True((items, faults) == (total.Items, total.Skipped), $"seed {seed}: {total.Items} items and {total.Skipped} errors");
            Assert.True(sums == Shown(Chunked.Outcome(total)), $"seed {seed}: {Chunked.Outcome(total)} where {sums} is right");
        }
    }

    [Fact]
    public void Rows_AnyAggregate_GiveWhatItGivesBesideAnother()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var op = Ops[seed % Ops.Length];
            var file = Random(seed, decimals: true);
            var alone = Chunked.Plan(ProcessorKind.Identity, op) with { SkipErrors = true };
            // With a second aggregate every row takes the evaluator's way.
            var beside = Chunked.Plan(ProcessorKind.Identity, op, Chunked.Op(AggregateOp.Count)) with { SkipErrors = true };
            foreach (var part in Cut(file, seed))
            {
                var (left, right) = (Chunked.Run(alone, part), Chunked.Run(beside, part));
                Assert.Equal((right.Items, right.Skipped), (left.Items, left.Skipped));
                Assert.Equal(right.Errors, left.Errors);
                Assert.StartsWith(Chunked.Outcome(left)[..^1], Chunked.Outcome(right), StringComparison.Ordinal);
                Assert.Equal(FirstError(beside, part), FirstError(alone, part));
            }
        }
    }

    [Fact]
    public void Rows_OfOneColumn_SkipEmptyLines()
    {
        var text = "city\n" + string.Concat(Enumerable.Range(0, 100).Select(static i => $"k{i % 3}\n\n"));
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount, by: "/city"));
        var partial = Chunked.Run(plan, Assert.Single(parts.Cut(Encoding.UTF8.GetBytes(text), ItemFormat.FileCsv)));
        Assert.Equal(100, partial.Items);
        Assert.Equal(
            """{"GroupCount":[{"key":"k0","count":34},{"key":"k1","count":33},{"key":"k2","count":33}]}""", Chunked.Outcome(partial));
    }

    [Fact]
    public void Rows_WithMoreGroupsThanAllowed_Fail()
    {
        var text = "city\n" + string.Concat(Enumerable.Range(0, 3000).Select(static i => $"k{i}\n"));
        var plan = Chunked.Plan(ProcessorKind.Identity, Chunked.Op(AggregateOp.GroupCount, by: "/city", maxGroups: 1000));
        var part = Assert.Single(parts.Cut(Encoding.UTF8.GetBytes(text), ItemFormat.FileCsv));
        Assert.Throws<TooManyGroupsException>(() => Chunked.Run(plan, part));
    }

    private ChunkInput[] Cut(byte[] file, int seed)
    {
        var random = new Random(seed);
        return parts.Cut(file, ItemFormat.FileCsv, [.. Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(file.Length))]);
    }

    private static byte[] Random(int seed, bool decimals)
    {
        var random = new Random(seed);
        var file = new List<byte>();
        var isMostlyPlain = random.Next(2) == 0;
        file.AddRange(random.Next(3) == 0 ? "\uFEFF"u8 : ""u8);
        file.AddRange("id,city,\"amount\",note\n"u8);
        for (var row = random.Next(60); row > 0; row--)
        {
            var columns = random.Next(12) == 0 ? random.Next(7) : 4;
            var isPlain = isMostlyPlain || random.Next(2) == 0;
            var fields = Enumerable.Range(0, columns).Select(column =>
                !isPlain || random.Next(20) == 0 ? decimals && random.Next(9) == 0 ? "-1.25e2" : Fields[random.Next(Fields.Length)]
                : column == 1 ? "city-" + random.Next(20)
                : random.Next(-1000, 100_000).ToString(CultureInfo.InvariantCulture)).ToArray();
            file.AddRange(Encoding.UTF8.GetBytes(string.Join(',', fields)));
            if (random.Next(10) == 0)
                file.Add((byte)random.Next(0x80, 0x100));
            if (row > 1 || random.Next(2) == 0)
                file.AddRange(random.Next(8) switch { 0 => "\r\n"u8, 1 => "\r\r\n"u8, 2 => "\n\n"u8, _ => "\n"u8 });
        }

        return [.. file];
    }

    private static string FirstError(ProcessingPlan plan, ChunkInput part)
    {
        try
        {
            Chunked.Run(plan with { SkipErrors = false }, part);
            return "";
        }
        catch (ItemErrorException fault)
        {
            return fault.Error.ToString();
        }
    }

    /// <summary>Reads the file as text: which rows are there, and the sums of <c>amount</c> by <c>city</c>.</summary>
    private static (long Items, long Faults, string Sums) Plainly(string text)
    {
        var (items, faults) = (0L, 0L);
        var sums = new SortedDictionary<string, BigInteger>(StringComparer.Ordinal);
        foreach (var (fields, isFaulty) in PlainCsv.Rows(text).Skip(1).Where(static row => row is not ([""], false)))
        {
            if (isFaulty || fields.Length != 4 || !Integer().IsMatch(fields[2]))
            {
                faults++;
                continue;
            }

            items++;
            var city = fields[1];
            var key = Integer().IsMatch(city) ? "number " + BigInteger.Parse(city, CultureInfo.InvariantCulture)
                : city.StartsWith('"') ? "text " + city[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal)
                : "text " + city;
            sums[key] = sums.GetValueOrDefault(key) + BigInteger.Parse(fields[2], CultureInfo.InvariantCulture);
        }

        return (items, faults, string.Join('\n', sums.Select(static sum => $"{sum.Key}: {sum.Value}")));
    }

    private static string Shown(string outcome)
    {
        using var json = JsonDocument.Parse(outcome);
        return string.Join('\n', json.RootElement.GetProperty("GroupSum").EnumerateArray().Select(static group =>
        {
            var key = group.GetProperty("key");
            return (Key: key.ValueKind == JsonValueKind.Number ? "number " + key.GetRawText() : "text " + key.GetString(), Sum: group.GetProperty("sum").GetRawText());
        }).OrderBy(static group => group.Key, StringComparer.Ordinal).Select(static group => $"{group.Key}: {group.Sum}"));
    }

    [GeneratedRegex("^-?(0|[1-9][0-9]*)\\z")]
    private static partial Regex Integer();
}
