
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Forecasting;

/// <summary>
/// Estimates when waiting tasks start, and checks itself: it keeps some of its estimates until the tasks have started,
/// and from these derives a range for later estimates that holds nine of ten starts. Times are Unix milliseconds,
/// durations milliseconds.
/// </summary>
/// <remarks>
/// The waits of a queue resemble those just before, so the quantiles of past errors alone give ranges that are too narrow for
/// what comes next. After each start, the range is widened if it missed the start, and narrowed a little if not, so that
/// nine of ten hold in the long run (adaptive conformal inference, Gibbs and Candès 2021).
/// </remarks>
internal sealed class StartEstimates
{
    /// <summary>With fewer ended samples, an estimate has no range.</summary>
    public const int FewestSamples = 20;

    /// <summary>The longest wait that is an estimate, in milliseconds: a hundred years.</summary>
    public static readonly long Farthest = (long)TimeSpan.FromDays(36_500).TotalMilliseconds;

    /// <summary>The maximum number of ended samples that count; each further one replaces the oldest.</summary>
    public const int MostSamples = 256;

    // The maximum number of estimates that wait for their tasks to start.
    private const int MostOpen = 256;

    // Added to both sides of a ratio, because only the order of magnitude of very short waits can be estimated.
    private const double Shortest = 100;

    // A task may have several estimates, made at different times of its wait.
    private readonly Dictionary<TaskId, List<Sample>> open = [];
    private int openCount;
    private readonly Queue<(double Ratio, bool? IsInRange)> ended = new();

    // The target: this fraction of starts falls outside the estimated range in the long run.
    private const double Misses = 0.1;

    // The largest fraction of past ratios that the quantiles may leave out.
    private const double MostOutside = 0.2;

    // How much one start changes the fraction that the quantiles leave out.
    private const double Step = 0.02;

    // The fraction of past ratios that the quantiles leave out on both sides together.
    private double outside = Misses;

    // The ratios of real and estimated waits, in order; null after a change.
    private double[]? ratios;

    // A field, because its methods change it.
    private StartMeter starts;

    /// <summary>The starts of the queue's tasks, whatever their signatures.</summary>
    public ref StartMeter Starts => ref starts;

    /// <summary>Whether tasks were queued when the meters were last read.</summary>
    public bool HasBacklog { get; set; }

    /// <summary>How many samples have ended, up to <see cref="MostSamples"/>.</summary>
    public int Samples => ended.Count;

    /// <summary>
    /// The fraction of the ended samples with a range whose tasks started within it; null if there are none.
    /// </summary>
    public double? InRange
    {
        get
        {
            var known = ended.Where(static one => one.IsInRange is not null).ToArray();
            return known.Length == 0 ? null : known.Count(static one => one.IsInRange == true) / (double)known.Length;
        }
    }

    /// <summary>
    /// Returns the estimate for a task that will wait about this long. With enough samples, it is their median, and the
    /// range is between two of their quantiles, at first those of 5 % and 95 %.
    /// </summary>
    public StartEstimate Of(double wait, long now)
    {
        if (Samples < FewestSamples)
            return new StartEstimate(now + (long)wait, EstimateConfidence.Rough, null);
        ratios ??= [.. ended.Select(static one => one.Ratio).Order()];
        return new StartEstimate(
            At(0.5), EstimateConfidence.Measured, new StartRange(At(outside / 2), At(1 - (outside / 2)), Samples));

        long At(double quantile) => now + (long)Math.Clamp(((wait + Shortest) * Quantile(quantile)) - Shortest, 0, Farthest);
    }

    /// <summary>Whether there are few samples, so that more should be taken soon.</summary>
    public bool IsNew => Samples + openCount < 3 * FewestSamples;

    /// <summary>Keeps the estimate of a waiting task, unless there are too many.</summary>
    /// <param name="id">The task.</param>
    /// <param name="wait">How long it will wait, before any correction.</param>
    /// <param name="now">The time.</param>
    /// <param name="isWaiting">Whether a task still waits; the samples of others make room.</param>
    public void Keep(TaskId id, double wait, long now, Func<TaskId, bool> isWaiting)
    {
        if (openCount >= MostOpen)
        {
            foreach (var gone in open.Keys.Where(one => !isWaiting(one)).ToArray())
                openCount -= open.Remove(gone, out var dropped) ? dropped.Count : 0;
        }

        if (openCount >= MostOpen)
            return;
        if (!open.TryGetValue(id, out var samples))
            open[id] = samples = [];
        samples.Add(new Sample(now, wait, Of(wait, now).Range));
        openCount++;
    }

    /// <summary>Notes that a task or a chunk run was assigned to a node.</summary>
    public void Started(in TaskSlot task, long now)
    {
        if (task.Signature.HasBacklog)
            task.Signature.Starts.Start();
        if (task.Chunk is not null)
            return;
        if (HasBacklog)
            starts.Start();
        End(task.Id, now);
    }

    /// <summary>Compares the estimates of a task with its actual start.</summary>
    public void End(TaskId id, long now)
    {
        if (openCount == 0 || !open.Remove(id, out var samples))
            return;
        openCount -= samples.Count;
        foreach (var sample in samples)
            End(in sample, now);
    }

    private void End(in Sample sample, long now)
    {
        if (ended.Count == MostSamples)
            ended.Dequeue();
        bool? isInRange = sample.Range is { } range ? now >= range.From && now <= range.To : null;
        if (isInRange is { } held)
            outside = Math.Clamp(outside + (Step * (held ? Misses : Misses - 1)), 0, MostOutside);
        var ratio = (Math.Max(0, now - sample.At) + Shortest) / (sample.Wait + Shortest);
        ended.Enqueue((ratio, isInRange));
        ratios = null;
    }

    /// <summary>Moves times by the number of milliseconds that the clock was set forward (negative: back).</summary>
    public void ClockStepped(long by)
    {
        foreach (var samples in open.Values)
        {
            for (var i = 0; i < samples.Count; i++)
            {
                samples[i] = samples[i] with
                {
                    At = samples[i].At + by,
                    Range = samples[i].Range is { } range ? range with { From = range.From + by, To = range.To + by } : null,
                };
            }
        }
    }

    private double Quantile(double fraction) => ratios![(int)Math.Round(fraction * (ratios.Length - 1))];

    private readonly record struct Sample(long At, double Wait, StartRange? Range);
}

/// <summary>When a task will probably start.</summary>
internal readonly record struct StartEstimate(long At, EstimateConfidence Confidence, StartRange? Range);
