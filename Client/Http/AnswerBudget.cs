using System.Diagnostics.Metrics;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Limits the bytes of large answers under way, of all callers and of one. An answer counts from before its content is
/// read until its last byte is handed to the network, so readers that do not read hold up neither memory nor other
/// callers. Answers of up to <see cref="Small"/> bytes are not counted; the number of connections bounds them.
/// </summary>
public sealed class AnswerBudget : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "OrleansTasks.Client.Answers";

    /// <summary>Answers of up to this many bytes are sent at once and are not counted.</summary>
    internal const int Small = 64 * 1024;

    // The bytes of answers that wait for room although they are complete. Beyond that, they are refused at once.
    private const long MostMade = 32L << 20;

    private readonly TimeProvider time;
    private readonly ByteLane bytes;
    private readonly Counter<long> cut;
    private long made;

    /// <summary>Creates the budget and its metrics.</summary>
    /// <param name="time">The clock.</param>
    public AnswerBudget(TimeProvider time)
    {
        this.time = time;
        var turns = new CallerTurns(
            ServiceLimits.AnswersBytes, ServiceLimits.AnswersBytesOfCaller, ServiceLimits.WaitingAnswers,
            ServiceLimits.WaitingAnswersOfCaller);
        bytes = new ByteLane(
            (MeterName, "orleanstasks.answers"), turns, ("{answer}", "Large answers"),
            (Problems.TooManyAnswers, Problems.AnswersBusy), time);
        cut = bytes.Meter.CreateCounter<long>(
            "orleanstasks.answers.cut", "{answer}", "Answers cut off because their reader was too slow.");
    }

    /// <summary>
    /// Waits until there is room for an answer that is yet to be read. The room is kept until the result is disposed, or
    /// else until the call has been answered. Whatever the call sends in the meantime needs no more.
    /// </summary>
    /// <param name="context">The call. Its response must not have started.</param>
    /// <param name="most">The memory that the answer takes.</param>
    /// <exception cref="ProblemException">429 or 503: the budget is used up.</exception>
    internal async Task<IDisposable> Hold(HttpContext context, long most)
    {
        var room = context.Features.Get<Room>();
        if (room is null)
        {
            context.Features.Set(room = new Room());
            context.Response.RegisterForDispose(room);
        }

        // Give back what the call has first: calls that have some and wait for more could wait for each other.
        room.Dispose();
        return room.Place = await bytes.Lane.Enter(context, weight: most);
    }

    /// <summary>
    /// Makes room for the answer of a call before the call reads it; or, if the call changes something, before the change,
    /// because afterwards the answer cannot be refused. A call that can wait makes room itself, whenever it reads.
    /// </summary>
    internal RequestDelegate Before(ApiCall call, RequestDelegate handler) => async context =>
    {
        using var place = await Hold(context, call.Room);
        await handler(context);
    };

    /// <summary>Sends a complete answer: a large one when there is room, and no faster than it is read.</summary>
    /// <exception cref="ProblemException">
    /// 429 or 503: the budget is used up, and the call has changed nothing.
    /// </exception>
    internal async Task Send(HttpContext context, ReadOnlyMemory<byte> answer)
    {
        using var place = context.Features.Get<Room>() is { Place.IsLeft: false }
            ? null
            : await Enter(context, answer.Length, answer.Length, HasChanged(context));
        await Writer(context).Write(answer);
    }

    /// <summary>
    /// Waits until there is room for what is made of an answer of another call. It is kept until the call ends.
    /// </summary>
    /// <param name="context">The call.</param>
    /// <param name="size">The bytes of the other call's answer.</param>
    /// <param name="memory">The bytes that are made of it.</param>
    /// <param name="isAdmitted">
    /// Whether the other call has changed something, so that this one must not be refused.
    /// </param>
    internal async Task HoldMade(HttpContext context, int size, long memory, bool isAdmitted) =>
        context.Response.RegisterForDispose(await Enter(context, size, memory, isAdmitted));

    /// <summary>Returns a writer for the parts of an answer for which there is room (<see cref="Hold"/>).</summary>
    internal AnswerWriter Writer(HttpContext context) => new(context, time, cut);

    /// <summary>
    /// Returns a writer for an answer of any length that is never in memory as a whole. Its reader may pause for minutes.
    /// </summary>
    internal AnswerWriter Download(HttpContext context) => new(context, time, cut) { IsDownload = true };

    /// <inheritdoc/>
    public void Dispose() => bytes.Dispose();

    // The caller must learn what the call has changed, so the answer is never refused.
    private static bool HasChanged(HttpContext context) => !Access.Methods.IsRead(context.Request.Method);

    private async Task<CallerLane.Place> Enter(HttpContext context, int size, long memory, bool isAdmitted)
    {
        if (Interlocked.Add(ref made, size) > MostMade && !isAdmitted && bytes.Lane.IsBusy)
        {
            Interlocked.Add(ref made, -size);
            bytes.Count("line");
            throw new ProblemException(Problems.AnswersBusy());
        }

        try
        {
            return await bytes.Lane.Enter(context, isAdmitted, memory);
        }
        finally
        {
            Interlocked.Add(ref made, -size);
        }
    }

    /// <summary>What a call holds. A followed log holds something again and again.</summary>
    private sealed class Room : IDisposable
    {
        public CallerLane.Place? Place { get; set; }

        public void Dispose() => Place?.Dispose();
    }
}
