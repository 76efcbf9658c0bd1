using System.Diagnostics.CodeAnalysis;

namespace OrleansTasks.Cluster.Link;

/// <summary>
/// Connects the Orleans client when a silo answers, detects when the connection is lost, and then asks until a silo
/// answers again. Pending calls fail at once when the connection is lost; the client alone would let them wait for
/// their timeout.
/// </summary>
internal sealed partial class OrleansLink(IServiceProvider services, IReadOnlyList<ServiceDescriptor> starts, string silos)
    : BackgroundService, IClusterLink, IClusterConnectionStatusObserver, IOutgoingGrainCallFilter, IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(2);
    private const int MostAsks = 8;

    private readonly Lock gate = new();
    // Set in the flow of ExecuteAsync, whose own calls must pass while the link is down.
    private readonly AsyncLocal<bool> asks = new();
    private readonly TimeProvider time = services.GetRequiredService<TimeProvider>();
    private readonly ILogger logger = services.GetRequiredService<ILogger<OrleansLink>>();
    private readonly List<IHostedService> started = [];
    private TaskCompletionSource up = New();
    private TaskCompletionSource lost = Completed();

    // Completes when pending calls may never get their answers.
    private TaskCompletionSource broken = New();
    private long losses;

    // A link that stops loses its silos as expected, so it logs no warning.
    private volatile bool isStopping;

    /// <inheritdoc/>
    public event Action? Restored;

    /// <inheritdoc/>
    public bool IsUp => !Volatile.Read(ref lost).Task.IsCompleted;

    /// <inheritdoc/>
    public string Silos => silos;

    /// <inheritdoc/>
    public async Task<bool> WaitUp(TimeSpan limit)
    {
        Task waited;
        lock (gate)
            waited = up.Task;
        try
        {
            await waited.WaitAsync(limit, time);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// When one silo of several is lost, so are the answers of its grains, even to calls that went through another
    /// silo. It is not known here which calls these are, so all pending calls fail. Writes are then sent again under
    /// their ids, and waits ask again.
    /// </remarks>
    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways == 0 || currentNumberOfGateways >= previousNumberOfGateways || !IsUp)
            return;
        if (!isStopping)
            OneLost(currentNumberOfGateways);
        Break();
        Restored?.Invoke();
    }

    /// <inheritdoc/>
    public void NotifyClusterConnectionLost()
    {
        TaskCompletionSource ended;
        lock (gate)
        {
            losses++;
            if (lost.Task.IsCompleted)
                return;
            up = New();
            ended = lost;
        }

        if (!isStopping)
            Lost(silos);
        ended.TrySetResult();
        Break();
    }

    /// <inheritdoc/>
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var ending = Volatile.Read(ref broken).Task;
        if (asks.Value)
        {
            await context.Invoke();
            return;
        }

        if (!IsUp)
            throw Unavailable();
        var call = context.Invoke();
        if (!call.IsCompleted && await Task.WhenAny(call, ending) != call)
        {
            Forget(call);
            throw Unavailable();
        }

        await call;
    }

    /// <inheritdoc/>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Pause, time, cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        isStopping = true;
        await base.StopAsync(cancellationToken);
        foreach (var client in started)
            await client.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        asks.Value = true;
        foreach (var start in starts)
        {
            var client = (IHostedService)start.ImplementationFactory!(services);
            started.Add(client);
            await client.StartAsync(stoppingToken);
        }

        while (true)
        {
            long before;
            lock (gate)
                before = losses;
            if (await Answers() && SetUp(before))
                await lost.Task.WaitAsync(Timeout.InfiniteTimeSpan, time, stoppingToken);
            else
                await Task.Delay(Pause, time, stoppingToken);
        }
    }

    private void Break() => Interlocked.Exchange(ref broken, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource Completed()
    {
        var completed = New();
        completed.SetResult();
        return completed;
    }

    // Reads the exception of an abandoned call, so that it does not count as unobserved.
    private static void Forget(Task call) => _ = call.ContinueWith(
        static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private SiloUnavailableException Unavailable() => new($"No silo answers at {silos}.");

    /// <summary>
    /// Asks several times, until one question is answered. A question may wait for a silo that has just died although
    /// another one is there: Orleans sends calls of one grain through the same silo for as long as it can.
    /// </summary>
    private async Task<bool> Answers()
    {
        var answered = New();
        for (var ask = 0; ask < MostAsks; ask++)
        {
            _ = Ask($"reader{ask}", answered);
            try
            {
                await answered.Task.WaitAsync(Pause, time);
                return true;
            }
            catch (TimeoutException)
            {
                // The next question may go through another silo.
            }
        }

        return false;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the reason is, no silo answers, and it is asked again.")]
    private async Task Ask(string key, TaskCompletionSource answered)
    {
        try
        {
            await services.GetRequiredService<IGrainFactory>().GetGrain<IClusterReaderGrain>(key).Store().WaitAsync(AnswerLimit, time);
            answered.TrySetResult();
        }
        catch (Exception)
        {
            // The other questions may be answered.
        }
    }

    private bool SetUp(long before)
    {
        lock (gate)
        {
            // The link was lost during the question, so the answer came over a connection that is gone.
            if (losses != before)
                return false;
            Volatile.Write(ref lost, New());
            up.TrySetResult();
        }

        Found(silos);
        Restored?.Invoke();
        return true;
    }
}
