//! The filter by itself: what it passes must not depend on how the input is cut into pieces.

use super::filter::*;

fn small() -> GuardLimits {
    GuardLimits { value: 40, name: 12, attributes: 4, depth: 5, stanza: 400 }
}

fn run(chunks: &[&[u8]], limits: GuardLimits) -> Result<Vec<u8>, GuardError> {
    let (mut f, mut out) = (Filter::new(limits), vec![]);
    for c in chunks {
        f.run(c, &mut out)?;
    }
    Ok(out)
}

fn samples() -> Vec<String> {
    let long = "x".repeat(100);
    let wide = "aé€😀".repeat(12);
    let refs = "a&amp;&#x1F600;".repeat(9);
    vec![
        "<?xml version='1.0'?><s:s xmlns:s=\"n\"><m a='1>2' b=\"it's\">te>xt<b/></m> \n <p/>".into(),
        format!("<s><m a='{long}' b=\"{long}\"/><m>{long}</m></s>"),
        format!("<s><m a='{wide}' b=\"{wide}\">{wide}</m></s>"),
        format!("<s><m a='{refs}' b = \"{refs}\" />{refs}</s>"),
        "<s><m><a><b><c/>t<c>u</c><c><d e='>'/></c></b><b>x<c>y<d>z<e f='/'>w</e></d><![CDATA[</c></b>]]></c>x</b></a>v</m><m/></s>".into(),
        format!("<s><m><a><b><c d='{long}'><e/></c></b></a></m><m a='{long}'/></s>"),
        "<s><m><![CDATA[ <x a='1' ]] > ]>]]]><y z='>'/></m><m a=''/></s>".into(),
        format!("<s><m a='{}&lt;{}'/></s>", "y".repeat(39), long),
        format!("<s><m a='{}'/><m b='{}'/><m c='{}€'/></s>", "y".repeat(40), "y".repeat(41), "y".repeat(39)),
    ]
}

#[test]
fn a_split_anywhere_changes_nothing() {
    let mut cases = 0;
    for s in samples() {
        let s = s.as_bytes();
        let whole = run(&[s], small()).unwrap();
        for a in 0..=s.len() {
            assert_eq!(run(&[&s[..a], &s[a..]], small()).unwrap(), whole);
            for b in (a..=s.len()).step_by(7) {
                assert_eq!(run(&[&s[..a], &s[a..b], &s[b..]], small()).unwrap(), whole);
                cases += 1;
            }
        }
        let bytes: Vec<&[u8]> = s.chunks(1).collect();
        assert_eq!(run(&bytes, small()).unwrap(), whole);
        std::str::from_utf8(&whole).expect("never inside a character");
    }
    assert!(cases > 10_000);
}

#[test]
fn a_split_changes_nothing_in_broken_characters_either() {
    for odd in [&b"\xff"[..], b"\xff&", b"\xe2\x82", b"\xf0\x9f", b"\x80\x80\x80\x80\x80\x80", b"\xc3&amp;"] {
        for before in 30..=42 {
            let s = [b"<s><m a='", &vec![b'y'; before][..], odd, b"'/><m/></s>"].concat();
            let whole = run(&[&s], small());
            let bytes: Vec<&[u8]> = s.chunks(1).collect();
            assert_eq!(run(&bytes, small()), whole, "{before} {odd:?}");
            for at in 0..s.len() {
                assert_eq!(run(&[&s[..at], &s[at..]], small()), whole, "{before} {odd:?} {at}");
            }
        }
    }
    let long = [b"<s><m a='", &[0x80; 100][..], b"'/>"].concat();
    assert_eq!(run(&[&long], small()).unwrap().len(), long.len() - 60, "the limit holds");
}

#[test]
fn only_long_values_are_shortened() {
    let s = &samples()[0];
    assert_eq!(run(&[s.as_bytes()], small()).unwrap(), s.as_bytes());
    let long = "x".repeat(100);
    let got = run(&[samples()[1].as_bytes()], small()).unwrap();
    let cut = "x".repeat(40);
    assert_eq!(String::from_utf8(got).unwrap(), format!("<s><m a='{cut}' b=\"{cut}\"/><m>{long}</m></s>"));
    let got = String::from_utf8(run(&[samples()[8].as_bytes()], small()).unwrap()).unwrap();
    let y40 = "y".repeat(40);
    assert_eq!(got, format!("<s><m a='{y40}'/><m b='{y40}'/><m c='{}'/></s>", "y".repeat(39)));
}

#[test]
fn the_inside_of_the_deepest_level_is_dropped() {
    let s = "<s><m><a><b><c/>t<c>u<d>v<e/></d></c>w</b></a></m><m/></s>";
    let got = run(&[s.as_bytes()], small()).unwrap();
    assert_eq!(String::from_utf8(got).unwrap(), "<s><m><a><b><c/>t<c></c>w</b></a></m><m/></s>");
}

#[test]
fn what_is_left_is_well_formed() {
    for s in samples().into_iter().skip(1) {
        let got = String::from_utf8(run(&[s.as_bytes()], small()).unwrap()).unwrap();
        let got = got.replacen("<s>", "<s xmlns='n'>", 1);
        got.parse::<minidom::Element>().unwrap_or_else(|e| panic!("{e}: {got}"));
    }
}

#[test]
fn a_limit_fails_clearly_and_at_the_same_byte() {
    let name = format!("<s><{}/>", "n".repeat(13));
    assert_eq!(run(&[name.as_bytes()], small()), Err(GuardError::NameTooLong));
    let attr = format!("<s><m {}='1'/>", "n".repeat(13));
    assert_eq!(run(&[attr.as_bytes()], small()), Err(GuardError::NameTooLong));
    let many = "<s><m a='' b='' c='' d='' e=''/>";
    assert_eq!(run(&[many.as_bytes()], small()), Err(GuardError::TooManyAttributes));
    let reference = format!("<s><m a='&{};'/>", "x".repeat(33));
    assert_eq!(run(&[reference.as_bytes()], small()), Err(GuardError::ReferenceTooLong));
    let large = format!("<s><m>{}</m>", "t".repeat(400));
    assert_eq!(run(&[large.as_bytes()], small()), Err(GuardError::StanzaTooLarge));
    let fits = format!("<s><m>{}</m>", "t".repeat(400 - 7)).repeat(1);
    assert!(run(&[fits.as_bytes()], small()).is_ok());
    let one_more = format!("<s><m>{}</m>", "t".repeat(400 - 6));
    let bytes: Vec<&[u8]> = one_more.as_bytes().chunks(1).collect();
    assert_eq!(run(&bytes, small()), Err(GuardError::StanzaTooLarge));
    assert_eq!(run(&[one_more.as_bytes()], small()), Err(GuardError::StanzaTooLarge));
}

#[test]
fn what_stands_between_stanzas_is_weighed_as_they_are() {
    for between in [format!("<s><![CDATA[{}]]><m/>", "t".repeat(400)), format!("<s><!{}><m/>", "t".repeat(400))] {
        assert_eq!(run(&[between.as_bytes()], small()), Err(GuardError::StanzaTooLarge));
        let bytes: Vec<&[u8]> = between.as_bytes().chunks(1).collect();
        assert_eq!(run(&bytes, small()), Err(GuardError::StanzaTooLarge));
    }
    let many = format!("<s>{}", "<![CDATA[ ]]> <m/>".repeat(100));
    assert_eq!(run(&[many.as_bytes()], small()).unwrap(), many.as_bytes());
}

#[test]
fn many_stanzas_do_not_add_up_and_a_reset_starts_again() {
    let mut filter = Filter::new(small());
    let mut out = vec![];
    filter.run(b"<?xml version='1.0'?><s>", &mut out).unwrap();
    for _ in 0..100 {
        filter.run(b"<m>twelve bytes</m>    <n/>", &mut out).unwrap();
    }
    filter.reset();
    out.clear();
    // At the depth where the new document began, all of it passes.
    let again = b"<?xml version='1.0'?><s><m><a><b><c/></b></a></m></s>";
    filter.run(again, &mut out).unwrap();
    assert_eq!(out, again);
}
