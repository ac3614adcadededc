using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Fabrique.Tests;

/// <summary>What people read on a page: words and not codes, dates and not stamps, and a space wherever two words meet.</summary>
internal static partial class PageWords
{
    // Codes that are also what people write: CC, CA, names of licences; CULTURE and ECHELLE are never written in capitals.
    private static readonly Regex Codes = new(
        @"\b(?:"
            + string.Join(
                '|',
                new[]
                {
                    Vocabulary.MembershipProfile,
                    Vocabulary.Role4F,
                    Vocabulary.Principle,
                    Vocabulary.MethodAxis,
                    Vocabulary.TrajectoryPhase,
                    Vocabulary.Theme,
                    Vocabulary.Situation,
                    Vocabulary.Maturity,
                    Vocabulary.IndicatorFamily,
                    Vocabulary.MethodElementKind,
                    Vocabulary.Qualifier,
                    Vocabulary.EffectKind,
                }
                    .SelectMany(list => list.Codes)
                    .Distinct()
                    .Select(Regex.Escape)
            )
            + @")\b|\b[A-Z]{2,}_[A-Z_]+\b",
        RegexOptions.Compiled
    );

    // Two letters of different elements that touch each other, or that only the drawing of the page parts.
    private const string Joins = """
        () => {
          const found = new Set(), ends = /[\p{L}\p{N}.,;:!?»)%]$/u, begins = /^[\p{L}\p{N}«(]/u;
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, node =>
            node.data.length > 0 && !node.parentElement.closest('script, style, svg, mark, textarea, option, pre, [hidden], .visually-hidden')
              && node.parentElement.getClientRects().length > 0 ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT);
          const edge = (node, last) => { const range = document.createRange(); range.selectNodeContents(node); return [...range.getClientRects()].at(last ? -1 : 0); };
          const flows = (node, top) => {
            for (let element = node.parentElement; element !== top; element = element.parentElement) {
              if (getComputedStyle(element).display !== 'inline') return false;
            }
            return /^(block|inline|list-item|table-cell|inline-block)$/.test(getComputedStyle(top).display);
          };
          let before = null;
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (before && node.parentElement !== before.parentElement && ends.test(before.data) && begins.test(node.data)) {
              const range = document.createRange();
              range.setStartAfter(before); range.setEndBefore(node);
              const top = range.commonAncestorContainer, [one, other] = [edge(before, true), edge(node, false)];
              const parted = range.cloneContents().querySelector('br, input, img, svg');
              const touch = one && other && Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 4 && Math.abs(other.left - one.right) < 2;
              if (!parted && (touch || flows(before, top) && flows(node, top))) found.add(before.data.slice(-30) + '|' + node.data.slice(0, 30));
            }
            before = node;
          }
          return [...found];
        }
        """;

    // How far down the first sentence below the title begins.
    private const string FirstSentence = """
        () => {
          scrollTo(0, 0);
          const title = document.querySelector('main h1:not(.visually-hidden)');
          const sentence = title && [...document.querySelectorAll('main .lead, main .intro p')].find(text =>
            title.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING && text.getClientRects().length > 0);
          return sentence ? sentence.getBoundingClientRect().top : 0;
        }
        """;

    /// <summary>What nobody should have to read on the page as it is shown.</summary>
    public static async Task<IReadOnlyList<string>> FaultsAsync(IPage page)
    {
        var text = await page.Locator("body").InnerTextAsync();
        // The description of the API is about codes.
        var codes = new Uri(page.Url).AbsolutePath.Contains("/api", StringComparison.Ordinal) ? [] : CodesIn(text);
        return [.. codes, .. (await page.EvaluateAsync<string[]>(Joins)).Select(join => $"no space: {join}")];
    }

    /// <summary>Codes in the place of names, stamps in the place of dates, brackets within brackets.</summary>
    public static IEnumerable<string> CodesIn(string text) =>
        Codes
            .Matches(text)
            .Select(code => $"a code: {code.Value}")
            .Concat(Stamp().Matches(text).Select(stamp => $"a stamp: {stamp.Value}"))
            .Concat(Nameless().Matches(text).Select(place => $"no name: {place.Value}"))
            .Concat(Brackets().Matches(text).Select(brackets => $"brackets: {brackets.Value}"));

    /// <summary>
    /// Whether the first sentence below the title is on the first screen of a telephone, in pixels from the top; 0 where there is none.
    /// </summary>
    public static Task<double> FirstSentenceAsync(IPage page) => page.EvaluateAsync<double>(FirstSentence);

    [GeneratedRegex(@"\b\d{4}-\d\d-\d\d(?:T|\b)|\b\d\d:\d\d(?::\d\d)?Z|\bUTC\b")]
    private static partial Regex Stamp();

    [GeneratedRegex(@"[Tt]erritoires? \d[\dAB]\d{3}\b")]
    private static partial Regex Nameless();

    [GeneratedRegex(@"\([^()\n]*\([^()\n]*\)\s*\)")]
    private static partial Regex Brackets();
}
