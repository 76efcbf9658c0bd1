using OrleansTasks.Handlers;

/// <summary>Runs tasks whose command begins with <c>greet</c>. A handler may take services from the host.</summary>
public sealed class Greet : ITaskHandler
{
    public async Task<AttemptResult> RunAsync(TaskContext context, CancellationToken cancellation)
    {
        if (context.Arguments is not [var name])
            return AttemptResult.Failed("greet takes one name", exitCode: 2);
        // What the handler writes is the task's output, which readers can follow.
        await context.Output.WriteLineAsync($"Hello, {name}!");
        return AttemptResult.Succeeded;
    }
}
