namespace OrleansTasks.Worker.Processes;

internal sealed partial class RunningProcess
{
    /// <summary>The open standard input; null if the input was complete at the start.</summary>
    internal InputPipe? Input { get; } = request.KeepsInputOpen ? new() : null;

    /// <inheritdoc/>
    public Task<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes) => OpenInput.WriteAsync(bytes);

    /// <inheritdoc/>
    public void CloseInput() => OpenInput.Close();

    private InputPipe OpenInput =>
        Input ?? throw new InvalidOperationException("The input was not asked to stay open.");
}
