using System.Globalization;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>Tries one surface: first its corpus, then iterations until the budget is spent.</summary>
/// <param name="surface">The surface.</param>
/// <param name="figures">Gets what happens.</param>
internal sealed partial class FuzzLoop(ISurface surface, Figures figures)
{
    private const int MostFindings = 20;
    private const int MostOfOneKind = 1;
    private const int KindLength = 90;

    private readonly Corpus corpus = Corpus.Read(surface.Name);
    private readonly List<string> findings = [];
    private readonly Dictionary<string, int> kinds = new(StringComparer.Ordinal);
    private readonly FileStream last = new(Path.Combine(FolderOf(surface), "last"), FileMode.Create, FileAccess.Write,
        FileShare.Read, bufferSize: 0);
    private readonly long began = TimeProvider.System.GetTimestamp();
    private bool isOver;

    /// <summary>How long between two checks that the program still works.</summary>
    public TimeSpan CheckEvery { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Called once when the corpus has been tried, before the first iteration.</summary>
    public Action? WarmedUp { get; init; }

    /// <summary>Checks once, after the last input, what only holds when the noise has stopped.</summary>
    public Func<Task>? Finish { get; init; }

    /// <summary>Runs to the end of the budget; fails with all findings.</summary>
    public async Task Run()
    {
        await using var kept = last;
        Tell($"OTASK_FUZZ_SEED={FuzzSettings.Seed} repeats this run of {surface.Name}");
        if (FuzzSettings.InputFile is { } file)
            await TryOne(Path.GetFileName(file), await File.ReadAllBytesAsync(file));
        else if (FuzzSettings.Iteration is { } number)
            await TryOne(NameOf(number), MakeOf(number));
        else
            await RunAll();
        last.SetLength(0);
        await CheckNow("at the end", surface.Check);
        if (Finish is not null)
            await CheckNow("after the end", Finish);
        await figures.Keep(surface.Name, TimeProvider.System.GetElapsedTime(began));
        Assert.True(findings.Count == 0, $"{findings.Count} findings:\n{string.Join("\n\n", findings)}");
        // A run with one input of its own tries no others.
        var least = FuzzSettings.InputFile is null && FuzzSettings.Iteration is null ? corpus.Entries.Count + 1 : 1;
        Assert.True(figures.Inputs >= least, $"{figures.Inputs} inputs were tried; at least {least} should have been.");
    }

    private async Task RunAll()
    {
        foreach (var (name, input) in corpus.Entries)
            await TryOne($"corpus/{surface.Name}/{name}", input);
        WarmedUp?.Invoke();
        var (started, looked) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetTimestamp());
        var most = FuzzSettings.HasSeed ? int.MaxValue : surface.MostInTests;
        for (var number = 1; !isOver && number <= most
            && TimeProvider.System.GetElapsedTime(started) < FuzzSettings.Budget; number++)
        {
            await TryOne(NameOf(number), MakeOf(number));
            if (isOver || TimeProvider.System.GetElapsedTime(looked) < CheckEvery)
                continue;
            await CheckNow($"after {NameOf(number)}", surface.Check);
            looked = TimeProvider.System.GetTimestamp();
        }
    }

    private async Task TryOne(string name, byte[] input)
    {
        if (isOver)
            return;
        // If this process dies or hangs, the file tells of which input.
        last.SetLength(0);
        last.Write(input);
        var asked = TimeProvider.System.GetTimestamp();
        try
        {
            var outcome = await surface.Try(input);
            figures.Add(outcome, TimeProvider.System.GetElapsedTime(asked));
        }
        catch (FindingException finding)
        {
            figures.Add("finding", TimeProvider.System.GetElapsedTime(asked));
            await Note(name, input, finding);
        }
    }

    private async Task CheckNow(string when, Func<Task> check)
    {
        try
        {
            await check();
        }
        catch (FindingException finding)
        {
            await Note(when, [], finding);
        }
    }

    private async Task Note(string name, byte[] input, FindingException finding)
    {
        isOver |= finding.IsFatal;
        var message = TestFolder()
            .Replace(finding.Message.Replace(BuiltPrograms.Repository + "/", "", StringComparison.Ordinal), "");
        if (KnownFindings.ReasonOf(surface.Name, message) is not null)
        {
            figures.Known++;
            return;
        }

        // What follows are the bytes of the input.
        var kind = message.Split(", of ")[0];
        kind = kind[..Math.Min(KindLength, kind.Length)];
        kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
        if (kinds[kind] > MostOfOneKind)
            return;
        var saved = input.Length > 0 ? await Save(name, input) : null;
        var text = $"{surface.Name}, {name}: {message}"
            + (saved is null ? ""
                : $"\n  again with OTASK_FUZZ_INPUT={saved} and --filter-class '*{surface.GetType().Name}Tests'");
        Tell(text);
        figures.Find($"{name}: {message}");
        findings.Add(text);
        isOver |= findings.Count >= MostFindings;
    }

    /// <summary>
    /// Saves an input below the build's outputs. Whoever keeps the finding moves the file to the corpus.
    /// </summary>
    private async Task<string> Save(string name, byte[] input)
    {
        var file = Path.Combine(FolderOf(surface),
            string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_')));
        await File.WriteAllBytesAsync(file, input);
        return file;
    }

    private static string FolderOf(ISurface surface) =>
        Directory.CreateDirectory(Path.Combine(BuiltPrograms.Repository, "artifacts", "fuzz", surface.Name)).FullName;

    private byte[] MakeOf(int iteration) => surface.Make(Draws.Of(surface.Name, FuzzSettings.Seed, iteration), corpus);

    private static string NameOf(int iteration) =>
        string.Create(CultureInfo.InvariantCulture, $"seed {FuzzSettings.Seed} iteration {iteration}");

    [GeneratedRegex("/[^ ']*/otask-system-[A-Za-z0-9]+/")]
    private static partial Regex TestFolder();

    private static void Tell(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
