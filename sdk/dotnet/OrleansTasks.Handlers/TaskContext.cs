using System.Globalization;
using System.Text;
using System.Text.Json;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Handlers;

/// <summary>One attempt of a task, as its handler sees it.</summary>
public sealed class TaskContext
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly StartRequest request;
    private readonly WorkingFolder folder;
    private readonly Lazy<TextWriter> output;
    private readonly Lazy<TextWriter> error;

    internal TaskContext(
        string handler, IReadOnlyList<string> arguments, StartRequest request, IReadOnlyDictionary<string, string> environment,
        WorkingFolder folder, Stream standardOutput, Stream standardError)
    {
        (this.request, this.folder) = (request, folder);
        (Handler, Arguments, Environment) = (handler, arguments, environment);
        (StandardOutput, StandardError) = (standardOutput, standardError);
        output = new(() => NewWriter(StandardOutput));
        error = new(() => NewWriter(StandardError));
    }

    /// <summary>The id of the task.</summary>
    public string TaskId => Environment["TASK_ID"];

    /// <summary>The number of the attempt, from 1.</summary>
    public int Attempt => int.Parse(Environment["TASK_ATTEMPT"], CultureInfo.InvariantCulture);

    /// <summary>The queue of the task.</summary>
    public string Queue => Environment["TASK_QUEUE"];

    /// <summary>The name of this worker's node.</summary>
    public string Node => Environment["NODE_ID"];

    /// <summary>The name of the handler: the first word of the command.</summary>
    public string Handler { get; }

    /// <summary>The other words of the command.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>
    /// The environment that a process of the task would have: the task's variables, secrets included, and those that
    /// the worker adds, such as <c>TASK_ID</c>. The worker's own environment is not in it.
    /// </summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>The bytes of the task's standard input; empty if it has none.</summary>
    public ReadOnlyMemory<byte> Input => request.Input;

    /// <summary>The text of the task's standard input; empty if it has none.</summary>
    public string InputText => Encoding.UTF8.GetString(request.Input.Span);

    /// <summary>
    /// The results of the nodes that the task's workflow node waits for, by name; null for other tasks. Each is null if
    /// the node left none.
    /// </summary>
    public JsonElement? Inputs
    {
        get
        {
            if (request.Inputs is not { } bytes)
                return null;
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
    }

    /// <summary>Whether the task takes the result that the handler returns.</summary>
    public bool TakesResult => request.TakesResult;

    /// <summary>How long the attempt may run; null for no limit.</summary>
    public TimeSpan? Timeout => request.Timeout;

    /// <summary>
    /// The folder for files: the task's <c>cwd</c>, or one that is created here and removed when the attempt has ended.
    /// It has the files that the task brings. The artifacts that the task keeps are those that the handler leaves here.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be created.</exception>
    public string Folder => request.WorkingDirectory ?? folder.Path;

    /// <summary>
    /// Writes standard output as UTF-8. What is written reaches the service at once. A write waits while the service is
    /// behind. Like any writer it is not for concurrent use.
    /// </summary>
    public TextWriter Output => output.Value;

    /// <summary>Writes standard error as UTF-8, as <see cref="Output"/> does.</summary>
    public TextWriter Error => error.Value;

    /// <summary>Takes the bytes of standard output. A write waits while the service is behind.</summary>
    public Stream StandardOutput { get; }

    /// <summary>Takes the bytes of standard error. A write waits while the service is behind.</summary>
    public Stream StandardError { get; }

    /// <summary>
    /// Reports how far the handler has come. The worker sends the latest report to the service, at most once a second.
    /// The call does not wait for that.
    /// </summary>
    /// <param name="percent">The progress in percent: 0 to 100.</param>
    /// <param name="message">What the handler is doing; only the first 200 characters are kept.</param>
    /// <exception cref="ArgumentOutOfRangeException">The percentage is not from 0 to 100.</exception>
    public void ReportProgress(decimal percent, string message = "")
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentOutOfRangeException.ThrowIfNegative(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        request.Output?.Report((int)(percent * 100), ProgressLines.MessageOf(message));
    }

    private static StreamWriter NewWriter(Stream stream) => new(stream, Utf8, leaveOpen: true) { AutoFlush = true, NewLine = "\n" };
}
