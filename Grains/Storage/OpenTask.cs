using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// A stored task, open or ended, as a dispatcher needs it: small, since a partition may have a million. Equal retry policies and label
/// lists share one instance.
/// </summary>
/// <param name="Row">The columns that change.</param>
/// <param name="Priority">0 to 9; 9 goes first.</param>
/// <param name="ExpiresAt">Unix milliseconds by which it must have started; 0 means never.</param>
/// <param name="Retry">Its retry policy.</param>
/// <param name="Requires">Labels its node must carry, by key.</param>
/// <param name="Limits">Limits its node must be able to enforce.</param>
/// <param name="HadSecrets">Whether it was submitted with <c>secretEnv</c>: that goes when it ends, so it cannot be retried.</param>
public readonly record struct OpenTask(
    TaskRow Row,
    byte Priority,
    long ExpiresAt,
    RetryPolicy Retry,
    ImmutableArray<Label> Requires,
    Limits Limits,
    bool HadSecrets);
