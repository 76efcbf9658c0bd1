using Microsoft.Extensions.Logging;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Judges what goes wrong inside the product: every log entry of silos and workers, every turn and timer tick of a grain, and every
/// exception that users or workers see. Whatever the faults of the run do not explain fails the run.
/// </summary>
/// <param name="fail">Fails the run.</param>
internal sealed class Strictness(Action<Exception> fail) : ILoggerFactory, IIncomingGrainCallFilter
{
    private const string Worker = "NodeAgent";

    /// <summary>Errors that a worker logs because of a fault: nobody answered for the length of a lease, or its disk is full.</summary>
    private static readonly HashSet<string> ExpectedOfWorkers = ["LeaseLapsed", "SpoolFailed"];

    /// <summary>
    /// A warning to operators. The workers here send all output, and the store keeps it, so it must never come.
    /// </summary>
    private const string LostOutput = "OutputGap";

    /// <summary>Judges an exception that left the product.</summary>
    /// <param name="where">Who saw it.</param>
    /// <param name="failure">The exception.</param>
    public void Judge(string where, Exception failure)
    {
        if (failure is Violation)
            fail(failure);
        else if (ExpectedFailures.Unexplained(failure) is { } unexplained)
            fail(new Violation($"{where} met {unexplained.GetType().Name}, which no fault explains: {failure}"));
    }

    /// <summary>Judges an exception that a request to the gateway ended with. Connections break; refusals are answers.</summary>
    /// <param name="who">Who made the request.</param>
    /// <param name="failure">The exception.</param>
    public void JudgeRequest(string who, Exception failure)
    {
        if (failure is ProblemException { Problem.Status: 500 })
            fail(new Violation($"{who} was answered by an internal error."));
        else if (failure is not (ProblemException or IOException))
            Judge(who, failure);
    }

    /// <inheritdoc/>
    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (Exception failure)
        {
            Judge($"{context.TargetId} in {context.MethodName}", failure);
            throw;
        }
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new JudgingLogger(this, categoryName);

    /// <inheritdoc/>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Every entry is judged here.");

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Fail(Violation violation) => fail(violation);

    private sealed class JudgingLogger(Strictness strictness, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var source = category[(category.LastIndexOf('.') + 1)..];
            // A worker's connection breaks; what fails at its other end is judged there.
            if (source == Worker && (exception is IOException || ExpectedOfWorkers.Contains(eventId.Name ?? "")))
                return;
            if (exception is not null)
                strictness.Judge($"{source} logging \"{formatter(state, exception)}\"", exception);
            else if (logLevel >= LogLevel.Error || eventId.Name == LostOutput)
                strictness.Fail(new Violation($"{source} logged the error \"{formatter(state, null)}\"."));
        }
    }
}
