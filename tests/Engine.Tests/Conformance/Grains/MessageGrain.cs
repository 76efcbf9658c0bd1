namespace OrleansTasks.Engine.Tests;

/// <summary>Takes and gives messages of all kinds.</summary>
public interface IMessageGrain : IGrainWithStringKey
{
    Task<string> ReadAfter(MutableMessage message, string gate);

    Task<MutableMessage> Kept();

    Task<FixedMessage> Echo(FixedMessage message);

    Task<List<string>> EchoList(List<string> items);

    Task<Dictionary<string, int[]>> EchoMap(Dictionary<string, int[]> items);

    Task<string> Take(object anything);

    Task Throw(string message);

    Task Refuse(string message, int code);

    Task ThrowUnsendable();

    Task<string> AskOther(IMessageGrain other);

    Task<string> Name();
}

/// <inheritdoc cref="IMessageGrain"/>
public sealed class MessageGrain : Grain, IMessageGrain
{
    private static readonly InvalidOperationException Shared = new("always the same");

    private readonly MutableMessage _kept = new() { Text = "mine", Numbers = [1] };

    public async Task<string> ReadAfter(MutableMessage message, string gate)
    {
        await Probe.Of(this.GetPrimaryKeyString()).GateOf(gate).PassAsync();
        return $"{message.Text} {string.Join(',', message.Numbers)} {message.Inner?.Text}";
    }

    public Task<MutableMessage> Kept() => Task.FromResult(_kept);

    public Task<FixedMessage> Echo(FixedMessage message) => Task.FromResult(message);

    public Task<List<string>> EchoList(List<string> items) => Task.FromResult(items);

    public Task<Dictionary<string, int[]>> EchoMap(Dictionary<string, int[]> items) => Task.FromResult(items);

    public Task<string> Take(object anything) => Task.FromResult(anything.ToString()!);

    public Task Throw(string message) =>
        throw (message == Shared.Message ? Shared : new InvalidOperationException(message));

    public async Task Refuse(string message, int code)
    {
        await Task.Yield();
        throw new RefusedException(message, code);
    }

    public Task ThrowUnsendable() => throw new UnsendableException();

    public Task<string> AskOther(IMessageGrain other) => other.Name();

    public Task<string> Name() => Task.FromResult(this.GetPrimaryKeyString());
}
