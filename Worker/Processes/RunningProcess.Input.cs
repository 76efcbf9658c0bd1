namespace OrleansTasks.Worker.Processes;

internal sealed partial class RunningProcess
{
    /// <summary>Its open input; null when it was given all at the start.</summary>
    internal InputPipe? Input { get; } = request.KeepsInputOpen ? new() : null;

    /// <inheritdoc/>
    public Task<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes) => OpenInput.WriteAsync(bytes);

    /// <inheritdoc/>
    public void CloseInput() => OpenInput.Close();

    private InputPipe OpenInput =>
        Input ?? throw new InvalidOperationException("The input was not asked to stay open.");
}
