using System.Globalization;

namespace OrleansTasks.Simulation.Campaign;

/// <summary>What the program is asked to do.</summary>
internal sealed record CampaignOptions
{
    /// <summary>The first seed: a new one in every campaign, unless it is given.</summary>
    public int From { get; init; } = FirstSeed.Draw();

    /// <summary>How many seeds.</summary>
    public int Seeds { get; init; } = 500;

    /// <summary>Whether this is one seed that is to be looked at.</summary>
    public bool IsReplay { get; init; }

    /// <summary>How many seeds run at once.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Only these faults of the plan happen; null: all.</summary>
    public ImmutableArray<int>? Faults { get; init; }

    /// <summary>So many tasks; null: as the plan says.</summary>
    public int? Tasks { get; init; }

    /// <summary>So many jobs; null: as the plan says.</summary>
    public int? Jobs { get; init; }

    /// <summary>A file with the plan to run, in place of a seed's.</summary>
    public string? Script { get; init; }

    /// <summary>Where every step is written.</summary>
    public string? Trace { get; init; }

    /// <summary>Where the evidence is written.</summary>
    public string? Evidence { get; init; }

    /// <summary>The commit that the evidence names.</summary>
    public string Commit { get; init; } = "unknown";

    /// <summary>Whether each seed's hash, with messages, is printed and nothing else.</summary>
    public bool PrintsHashes { get; init; }

    /// <summary>Whether the first failure ends the campaign, as it is.</summary>
    public bool StopsAtFirst { get; init; }

    /// <summary>In how many seeds of the printed list each expected event has to happen; 0 prints no list.</summary>
    public int Cover { get; init; }

    /// <summary>How it is used.</summary>
    public const string Usage =
        """
        Simulation [--seeds N] [--from S] [--threads N] [--evidence FILE --commit ID]   a campaign, of seeds that nobody
                                                                                        has seen unless --from says which
                   [--first]                                                            which ends with the first failure
                   [--cover N]                                                          which prints a short list of seeds
                                                                                        where everything happens N times
        Simulation --seed S [--faults 1,2,...] [--tasks N] [--jobs N] [--trace FILE]    one seed, looked at
        Simulation --script FILE [--trace FILE]                                         one plan, written down
        Simulation --hashes --from S --seeds N                                          the trace hash of each seed
        """;

    /// <summary>Reads the command line; null when it cannot be understood.</summary>
    public static CampaignOptions? Parse(ReadOnlySpan<string> arguments)
    {
        var options = new CampaignOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is "--hashes" or "--first")
            {
                options = arguments[i] == "--hashes"
                    ? options with { PrintsHashes = true }
                    : options with { StopsAtFirst = true };
                continue;
            }

            if (i + 1 == arguments.Length)
                return null;
            var value = arguments[++i];
            var number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : -1;
            switch (arguments[i - 1])
            {
                case "--seeds" when number > 0:
                    options = options with { Seeds = number };
                    break;
                case "--from" when number >= 0:
                    options = options with { From = number };
                    break;
                case "--seed" when number >= 0:
                    options = options with { From = number, Seeds = 1, IsReplay = true };
                    break;
                case "--threads" when number > 0:
                    options = options with { Threads = number };
                    break;
                case "--tasks" when number > 0:
                    options = options with { Tasks = number };
                    break;
                case "--jobs" when number >= 0:
                    options = options with { Jobs = number };
                    break;
                case "--cover" when number > 0:
                    options = options with { Cover = number };
                    break;
                case "--faults":
                    options = options with { Faults = Numbers(value) };
                    break;
                case "--script":
                    options = options with { Script = value, Seeds = 1, IsReplay = true };
                    break;
                case "--trace":
                    options = options with { Trace = value };
                    break;
                case "--evidence":
                    options = options with { Evidence = value };
                    break;
                case "--commit":
                    options = options with { Commit = value };
                    break;
                default:
                    return null;
            }
        }

        return options;
    }

    private static ImmutableArray<int> Numbers(string list) =>
    [
        .. list.Split(',', StringSplitOptions.RemoveEmptyEntries)
            .Select(static text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1),
    ];
}
